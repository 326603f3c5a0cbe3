// A command-line client run to its end: what it printed on both streams and its exit code.
// Names that differ by nature (programs, ports, assigned client ids) are replaced by words, and so is the help, which each words itself.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

const PATIENCE_MS = 8000
const READY = /^ready$/m

export interface CommandResult {
  readonly stdout: string
  readonly stderr: string
  /** Null when it had to be killed. */
  readonly code: number | null
}

export interface CommandRun {
  readonly command: readonly string[]
  readonly args: readonly string[]
  readonly stdin?: string
  /** Sent once stdout holds the line `ready`. */
  readonly signal?: NodeJS.Signals
}

/** Runs it, at most eight seconds. */
export async function runCommand({ command, args, stdin = '', signal }: CommandRun): Promise<CommandResult> {
  const child = spawn(command[0]!, [...command.slice(1), ...args], { env: { PATH: process.env['PATH'], HOME: '/nonexistent', LANG: 'C.UTF-8' } })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const before = READY.test(stdout)
    stdout += chunk
    if (signal !== undefined && !before && READY.test(stdout)) idle(child.pid!).then(() => child.kill(signal))
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  child.stdin.on('error', () => {}).end(stdin)
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  return { stdout, stderr, code: code as number | null }
}

/** Waits until the process waits: mosquitto_sub forgets what it is about to print when a signal comes meanwhile. */
async function idle(pid: number): Promise<void> {
  for (const until = performance.now() + 1000; performance.now() < until; ) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '')
    if (state.startsWith('S')) return
  }
}

/** `names` are the words that stand for the program, such as `zanzara pub`, longest first; `ports` those that were given to it. */
export function neutral({ stdout, stderr, code }: CommandResult, names: readonly string[], ports: readonly number[]): CommandResult {
  const clean = (text: string): string => {
    let out = text
    for (const name of names) out = out.replaceAll(name, 'PROGRAM')
    for (const port of ports) out = out.replaceAll(String(port), 'PORT')
    if (/^Usage: PROGRAM /m.test(out)) return 'the help\n'
    out = out.replace(/"tst":(\t?)"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z?([+-]\d{4})"/g, '"tst":$1"TIME$2"') // 2.0.11 has a Z too much
    return out.replace(/auto-[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}/g, 'auto-ID')
  }
  return { stdout: clean(stdout), stderr: clean(stderr), code }
}
