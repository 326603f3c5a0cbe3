// `zanzara -- COMMAND`: runs a command while the broker runs and takes over its exit code, for tests in any language.
// The command finds the broker through its environment.

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { CONTROL_SIGNALS, type StopSignals } from './stop-signals.ts'
import type { Terminal } from './terminal.ts'

/** As shells do it. */
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

/** Resolves with the command's exit code; 128 plus its number when a signal ended it. */
export function runBeside(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  terminal: Terminal,
  stopped: StopSignals,
): Promise<number> {
  const [file, ...args] = command as readonly [string, ...string[]]
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: 'inherit', env: { ...terminal.env, ...environment } })
    // A signal to us is for the command; it ends, and we with it. From a terminal it gets SIGINT by itself.
    void stopped.signal.then((signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
    for (const signal of CONTROL_SIGNALS) process.on(signal, pass)
    child.on('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT'
      terminal.stderr.write(`Error: cannot run ${file}: ${isMissing ? 'there is no such command' : error.message}.\n`)
      resolve(isMissing ? NOT_FOUND : NOT_EXECUTABLE)
    })
    child.on('exit', (code, signal) => {
      for (const control of CONTROL_SIGNALS) process.off(control, pass)
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}
