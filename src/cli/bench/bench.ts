// `zanzara bench conn|pub|sub|pair|fan`: measures a broker and checks what it delivers.
// Exit codes: 0 all well, 1 something lost, out of order or not connected, 2 wrong arguments.

import { randomInt } from 'node:crypto'
import { isatty } from 'node:tty'

import { UsageError } from '../../wire/errors.ts'
import { coloursFor } from '../colours.ts'
import type { Terminal } from '../terminal.ts'
import { type BenchOptions, benchHelp, readBenchArguments } from './bench-arguments.ts'
import { BenchUsageError } from './bench-options.ts'
import { BenchProgress } from './bench-progress.ts'
import { reportText } from './bench-report.ts'
import { resultOf } from './bench-result.ts'
import { BenchRun } from './bench-run.ts'
import { targetOf } from './bench-target.ts'

/** Which outputs are terminals: the live line goes to stderr, the table to stdout. */
export interface BenchScreen {
  readonly stdout: boolean
  readonly stderr: boolean
}

/** Runs the command; returns its exit code. */
export async function runBench(argv: readonly string[], terminal: Terminal, screen: BenchScreen = { stdout: isatty(1), stderr: isatty(2) }): Promise<number> {
  let options: BenchOptions
  let run: BenchRun
  try {
    const read = readBenchArguments(argv)
    if (read === 'help') {
      terminal.stdout.write(benchHelp())
      await terminal.stdout.flush()
      return 0
    }
    options = read
    run = new BenchRun(options, targetOf(options), randomInt(1, 2 ** 32))
  } catch (error) {
    if (!(error instanceof BenchUsageError || error instanceof UsageError)) throw error
    const text = error instanceof BenchUsageError ? error.message : `${error.message}.`
    const { escapeControls } = await import('../../server/log-destinations.ts')
    terminal.stderr.write(`Error: ${escapeControls(text)}\n\nUse 'zanzara bench --help' to see usage.\n`)
    await terminal.stderr.flush()
    return 2
  }
  const forget = terminal.onSignal(() => run.interrupt())
  const progress = screen.stderr ? new BenchProgress(run, terminal.stderr, coloursFor(terminal, true)) : null
  try {
    await run.run()
  } finally {
    progress?.stop()
    forget()
  }
  await terminal.stderr.flush()
  const result = resultOf(run)
  terminal.stdout.write(options.json ? `${JSON.stringify(result)}\n` : reportText(result, coloursFor(terminal, screen.stdout)))
  await terminal.stdout.flush()
  return result.ok ? 0 : 1
}
