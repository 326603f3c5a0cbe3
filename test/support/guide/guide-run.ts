// Does what a page says, in a folder and a network of its own, and compares what is printed with what stands on the page.
// With ZZ_WRITE=1 pages are written anew with what was printed; read the difference before you keep it.

import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { builtProgram } from '../built.ts'
import { compareLines, ELLIPSIS, Likeness } from './likeness.ts'
import { type ConsoleStep, readPage, type Step, type UntilStep } from './page.ts'
import { openPrivateNetwork, type PrivateNetwork, READER } from './private-network.ts'
import { Terminal, TIMEOUT_MS } from './terminal.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const description = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string; dependencies: Readonly<Record<string, string>> }
const isRoot = process.getuid?.() === 0
const isWriting = process.env['ZZ_WRITE'] === '1'

/** Whether a page has commands that go on beside others: these listen, and need a network of their own. */
export function needsNetwork(path: string): boolean {
  return readPage(readFileSync(path, 'utf8')).some((step) => step.kind === 'console' && step.terminal !== null)
}

/** How many commands a page has. */
export function commandsOf(path: string): number {
  return readPage(readFileSync(path, 'utf8')).reduce(
    (sum, step) => sum + (step.kind === 'console' ? step.parts.filter(({ command }) => command !== null).length : 0),
    0,
  )
}

/** @throws Error with the line of the page, what it shows and what was printed */
export async function runPage(path: string): Promise<void> {
  const run = new GuideRun(path, needsNetwork(path) ? await openPrivateNetwork() : null)
  try {
    await run.all()
  } finally {
    run.close()
  }
}

class GuideRun {
  readonly #path: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'guide-'))
  readonly #network: PrivateNetwork | null
  readonly #terminals = new Map<string, Terminal>()
  readonly #likeness = new Likeness(description.version)
  /** For writing: by the index of a block's first line, how many lines go and what comes. */
  readonly #written = new Map<number, { readonly count: number; readonly lines: readonly string[] }>()

  constructor(path: string, network: PrivateNetwork | null) {
    this.#path = path
    this.#network = network
  }

  async all(): Promise<void> {
    this.#prepare()
    for (const step of readPage(readFileSync(this.#path, 'utf8'))) await this.#take(step)
    for (const terminal of this.#terminals.values()) await this.#end(terminal)
    if (isWriting) this.#write()
  }

  close(): void {
    for (const terminal of this.#terminals.values()) terminal.signal('SIGKILL')
    this.#network?.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** The folder `work` with the package installed in it; beside it programs and a home. */
  #prepare(): void {
    for (const name of ['work', 'bin', 'home']) mkdirSync(join(this.#folder, name))
    const modules = installedModules()
    symlinkSync(modules, join(this.#folder, 'work/node_modules'))
    const node = `exec '${process.execPath}' '${join(modules, 'zanzara/bin/zanzara.js')}'`
    this.#program('zanzara', `${node} "$@"`)
    this.#program('npx', `[ "$1" = zanzara ] || exit 9\nshift\n${node} "$@"`)
    this.#program('node', `exec '${process.execPath}' "$@"`)
    if (isRoot) spawnSync('chown', ['-R', `${READER}:${READER}`, this.#folder])
  }

  #program(name: string, text: string): void {
    const path = join(this.#folder, 'bin', name)
    writeFileSync(path, `#!/bin/sh\n${text}\n`)
    chmodSync(path, 0o755)
  }

  #start(command: string): Terminal {
    const { NO_COLOR: _colour, INIT_CWD: _cwd, XDG_CONFIG_HOME: _config, LC_ALL: _locale, NODE_OPTIONS: _options, npm_command: _npm, ...env } = process.env
    const path = `${join(this.#folder, 'bin')}:${env['PATH']}`
    return new Terminal(command, {
      prefix: this.#network?.prefix ?? (isRoot ? ['setpriv', `--reuid=${READER}`, `--regid=${READER}`, '--clear-groups'] : []),
      cwd: join(this.#folder, 'work'),
      env: { ...env, PATH: path, HOME: join(this.#folder, 'home'), TZ: 'UTC', LANG: 'C.UTF-8', COLUMNS: '100' },
    })
  }

  async #take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'file': {
        const file = join(this.#folder, 'work', step.name)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, step.text)
        if (isRoot) chownSync(file, READER, READER)
        return
      }
      case 'until':
        return await this.#until(step)
      case 'console':
        return step.terminal === null ? await this.#commands(step) : await this.#running(step, step.terminal)
    }
  }

  /** A block whose commands each run to their end. */
  async #commands(step: ConsoleStep): Promise<void> {
    const lines: string[] = []
    for (const { command, output } of step.parts) {
      if (command === null) throw this.#problem(step.line, 'the block begins with no command')
      const terminal = this.#start(command)
      const isEnded = await terminal.ended()
      terminal.signal('SIGKILL')
      const printed = terminal.lines
      const result = compareLines(output, printed, this.#likeness)
      const isSame = isEnded && typeof result === 'object' && (result.matched === printed.length || output.at(-1) === ELLIPSIS)
      if (!isSame && !isWriting) throw this.#problem(step.line, `$ ${command}`, output, isEnded ? printed : [...printed, '(it does not end)'])
      lines.push(...`$ ${command}`.split('\n').map((line, at) => (at === 0 ? line : `> ${line}`)), ...(isSame ? output : printed))
    }
    this.#written.set(step.begin, { count: lengthOf(step), lines })
  }

  /** A block of a command that goes on: its start, or what it printed since the last block. */
  async #running(step: ConsoleStep, name: string): Promise<void> {
    const lines: string[] = []
    for (const { command, output } of step.parts) {
      if (command !== null) {
        if (this.#terminals.get(name)?.isClosed === false) throw this.#problem(step.line, `the terminal ${name} is still busy`)
        const before = this.#terminals.get(name)
        if (before !== undefined) await this.#end(before)
        this.#terminals.set(name, this.#start(command))
        lines.push(`$ ${command}`)
      }
      const terminal = this.#terminals.get(name)
      if (terminal === undefined) throw this.#problem(step.line, `there is no terminal ${name} yet`)
      const stop = output.indexOf('^C')
      lines.push(...(await this.#output(step, terminal, stop < 0 ? output : output.slice(0, stop))))
      if (stop < 0) continue
      terminal.signal('SIGINT')
      await terminal.ended()
      lines.push('^C', ...(await this.#output(step, terminal, output.slice(stop + 1))))
    }
    this.#written.set(step.begin, { count: lengthOf(step), lines })
  }

  async #output(step: ConsoleStep, terminal: Terminal, output: readonly string[]): Promise<readonly string[]> {
    const rest = (): string[] => terminal.lines.slice(terminal.shown)
    terminal.mayGoOn = output.at(-1) === ELLIPSIS
    let result = compareLines(output, rest(), this.#likeness)
    await terminal.until(() => (result = compareLines(output, rest(), this.#likeness)) !== 'wants more')
    if (typeof result === 'object' && !(isWriting && output.length === 0)) {
      terminal.shown += result.matched
      return output
    }
    if (!isWriting) throw this.#problem(step.line, `in the terminal of ${terminal.command}`, output, rest())
    await sleep(700) // for writing only: what comes until then belongs here
    const printed = rest()
    terminal.shown += printed.length
    return output.at(-1) === ELLIPSIS ? [...printed, ELLIPSIS] : printed
  }

  async #until({ line, name, text }: UntilStep): Promise<void> {
    const terminal = this.#terminals.get(name)
    const path = join(this.#folder, 'work', name)
    const written = (): string => (existsSync(path) ? readFileSync(path, 'utf8') : '')
    const isThere =
      terminal === undefined
        ? await becomesTrue(() => written().includes(text))
        : await terminal.until(() => terminal.lines.slice(terminal.shown).some((printed) => printed.includes(text)))
    if (!isThere) throw this.#problem(line, `${name} does not get "${text}"`, [], terminal?.lines ?? written().split('\n'))
  }

  /** At the end nothing may have been printed that the page does not show, but after an ellipsis. */
  async #end(terminal: Terminal): Promise<void> {
    const rest = terminal.lines.slice(terminal.shown)
    terminal.signal('SIGTERM')
    if (!(await terminal.ended())) throw this.#problem(0, `does not end: ${terminal.command}`)
    if (rest.length > 0 && !terminal.mayGoOn && !isWriting) throw this.#problem(0, `more was printed by ${terminal.command}`, [], rest)
  }

  #write(): void {
    const lines = readFileSync(this.#path, 'utf8').split('\n')
    for (const [begin, { count, lines: block }] of [...this.#written].sort(([a], [b]) => b - a)) lines.splice(begin, count, ...block)
    writeFileSync(this.#path, lines.join('\n'))
  }

  #problem(line: number, what: string, shown: readonly string[] = [], printed: readonly string[] = []): Error {
    const place = `${this.#path.slice(root.length)}${line === 0 ? '' : `:${line}`}`
    const texts = shown.length + printed.length === 0 ? '' : `\n--- the page shows\n${shown.join('\n')}\n--- it printed\n${printed.join('\n')}`
    return new Error(`${place}: ${what}${texts}`)
  }
}

let modules: string | null = null
afterAll(() => {
  if (modules !== null) rmSync(dirname(modules), { recursive: true, force: true })
})

/** The package as if it were installed: a copy, since a program in a clone calls itself otherwise. One for all pages, removed at the end. */
function installedModules(): string {
  if (modules !== null) return modules
  builtProgram()
  const folder = mkdtempSync(join(tmpdir(), 'guide-package-'))
  chmodSync(folder, 0o755)
  modules = join(folder, 'node_modules')
  for (const name of ['package.json', 'bin', 'dist', 'docs/lab/lab.pcapng']) cpSync(join(root, name), join(modules, 'zanzara', name), { recursive: true })
  for (const name of Object.keys(description.dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  return modules
}

/** For what nobody tells us of: files. */
async function becomesTrue(judge: () => boolean): Promise<boolean> {
  const end = Date.now() + TIMEOUT_MS
  while (!judge()) {
    if (Date.now() > end) return false
    await sleep(20)
  }
  return true
}

function lengthOf(step: ConsoleStep): number {
  return step.parts.reduce((sum, { command, output }) => sum + (command === null ? 0 : command.split('\n').length) + output.length, 0)
}
