// The shell of `zanzara ctrl` at a terminal: prompts, completion, history, passwords that nobody sees, Ctrl-C. Python gives the terminal.
// What its commands do is tested from a pipe: test/cli/ctrl-shell.test.ts.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { builtProgram } from '../support/built.ts'
import { DynsecBroker } from '../support/dynsec-kit.ts'
import { withTools } from '../support/require-tools.ts'

/** Runs a program in a terminal of its own, which is this process' standard input and output. */
const IN_A_TERMINAL = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'
const TAB = '\t'
const UP = '\x1b[A'
const CTRL_C = '\x03'
/** A key that readline did not take as one is part of a paste: no other way than to leave it time. */
const BETWEEN_KEYS_MS = 100

class Typist {
  readonly #child: ChildProcess
  readonly ended: Promise<number | null>
  #text = ''
  #read = 0
  #heard: () => void = () => {}

  constructor(python: string, args: readonly string[]) {
    this.#child = spawn(python, ['-c', IN_A_TERMINAL, process.execPath, builtProgram(), 'ctrl', ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm' },
    })
    onTestFinished(() => void this.#child.kill('SIGKILL'))
    this.#child.stdout!.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString()
      this.#heard()
    })
    this.ended = once(this.#child, 'close').then(([code]) => {
      this.#heard()
      return code as number | null
    })
  }

  /** What is on the screen since the last time, once it ends with this text; without what moves the cursor. */
  async sees(end: string): Promise<string> {
    const shown = (): string => this.#text.slice(this.#read).replace(/\x1b\[\d*[A-Z]|\r/g, '')
    while (!shown().endsWith(end)) {
      if (this.#child.exitCode !== null) throw new Error(`it ended, and showed ${JSON.stringify(shown())}`)
      await new Promise<void>((resolve) => {
        this.#heard = resolve
      })
    }
    const text = shown()
    this.#read = this.#text.length
    return text
  }

  async types(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.#child.stdin!.write(key)
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_KEYS_MS))
    }
  }
}

withTools(['python3'], ({ python3 }) => {
  test('prompts tell where one is; Tab completes commands and names; a password is neither shown nor remembered', async () => {
    const { port } = await DynsecBroker.start()
    const it = new Typist(python3, [])
    const url = `mqtt://127.0.0.1:${port}`
    expect(await it.sees('> ')).toMatch(/^zanzara ctrl shell v\S+\n> $/)
    await it.types('auth\n')
    await it.sees('username: ')
    await it.types('admin\n')
    await it.sees('password:')
    await it.types('secret\n')
    expect(await it.sees('> ')).toBe('\n> ')
    await it.types(UP, '\x15', 'conn', TAB, `${url}\n`)
    const history = await it.sees(`${url}> `)
    expect(history).not.toContain('secret')
    await it.types('dy', TAB, '\n')
    await it.sees(`${url}|dynsec> `)
    await it.types('createRole observers\n')
    expect(await it.sees(`${url}|dynsec> `)).toContain('OK\n')
    await it.types('getR', TAB, 'obs', TAB, '\n')
    expect(await it.sees(`${url}|dynsec> `)).toContain('Role name:  observers\n')
    await it.types('addRoleACL obs', TAB, 'publishClientR', TAB, 'al', TAB, 'a/b\n')
    expect(await it.sees(`${url}|dynsec> `)).toContain('addRoleACL observers publishClientReceive allow a/b\nOK\n')
    await it.types(UP, UP, '\n')
    expect(await it.sees(`${url}|dynsec> `)).toContain('publishClientReceive allow a/b (priority 0)\n')
    await it.types('createClient ann\n')
    await it.sees('password:')
    await it.types('hidden\n')
    await it.sees('password:')
    await it.types('hidden\n')
    expect(await it.sees(`${url}|dynsec> `)).toBe(`\nOK\n${url}|dynsec> `)
    await it.types(UP, UP, UP)
    await it.types('\x15', 'exit\n')
    expect(await it.ended).toBe(0)
  })

  test('a broker that goes away is told, with a new prompt; Ctrl-C ends the shell', async () => {
    const { port, program: broker } = await DynsecBroker.start()
    const it = new Typist(python3, ['-h', '127.0.0.1', '-p', `${port}`, '-u', 'admin', '-P', 'secret'])
    await it.sees(`mqtt://127.0.0.1:${port}> `)
    await broker.program.ended('SIGTERM')
    expect(await it.sees('> ')).toMatch(/\n.*connection.*\n> $/is)
    await it.types(CTRL_C)
    expect(await it.ended).toBe(255)
  })
})
