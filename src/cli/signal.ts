// `zanzara signal`: asks running brokers to read their configuration again, to stop, or to print their subscriptions. As mosquitto_signal.
// Signals only; what each does is broker-process.ts'.

import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { escapeControls } from '../server/log-destinations.ts'
import type { Terminal } from './terminal.ts'

const HELP = `zanzara signal sends a signal to a running broker, as mosquitto_signal.

Usage: zanzara signal {-a | -p PID} SIGNAL
       zanzara signal --help

  -a         to all brokers of this machine: zanzara broker, zanzara, mosquitto
  -p PID     to the process of this number

Signals:
  config-reload   read the configuration again (SIGHUP)
  log-rotate      open the log file anew (SIGHUP)
  shutdown        stop (SIGINT)
  tree-print      print the tree of subscriptions (SIGUSR2)
  xtreport        for profiling Mosquitto; does nothing to us

Exit code: 0 sent, also when the process does not take it; 1 wrong arguments.

Example:
  zanzara signal -p 4711 config-reload
`

/** By what they are called. Xtreport asks Mosquitto for a file that profilers read: nothing of ours takes it, and the signal would end us. */
const SIGNALS: Readonly<Record<string, NodeJS.Signals | null>> = {
  'config-reload': 'SIGHUP',
  'log-rotate': 'SIGHUP',
  shutdown: 'SIGINT',
  'tree-print': 'SIGUSR2',
  xtreport: null,
}

const SignalExitCode = { Sent: 0, Usage: 1 } as const

/** What the command does to the world: processes by their number, and all there are. */
export interface Processes {
  kill(pid: number, signal: NodeJS.Signals): void
  /** Command lines, the program first. */
  list(): readonly { readonly pid: number; readonly words: readonly string[] }[]
}

/** Runs the command; returns its exit code. */
export async function runSignal(argv: readonly string[], terminal: Terminal, processes: Processes = SYSTEM): Promise<number> {
  const code = signal(argv, terminal, processes)
  await terminal.stdout.flush()
  await terminal.stderr.flush()
  return code
}

function signal(argv: readonly string[], terminal: Terminal, processes: Processes): number {
  const [first, ...rest] = argv
  if (first === undefined || first === '--help' || first === '-h') {
    terminal.stdout.write(HELP)
    return SignalExitCode.Usage // as mosquitto_signal
  }
  const refuse = (sentence: string): number => {
    terminal.stderr.write(`Error: ${sentence}\n`)
    return SignalExitCode.Usage
  }
  if (first !== '-a' && first !== '-p') return refuse('One of -a or -p must be used.')
  const pid = first === '-p' ? rest.shift() : null
  if (pid === undefined) return refuse('-p argument given but process ID missing.')
  if (pid !== null && !(Number.parseInt(pid, 10) > 0)) return refuse('Process ID must be >0.')
  const [name] = rest
  if (name === undefined) return refuse('No signal given.')
  if (!Object.hasOwn(SIGNALS, name)) return refuse(`Unknown signal '${escapeControls(name)}'.`)
  const wanted = SIGNALS[name]!
  if (wanted === null) {
    terminal.stderr.write('xtreport does nothing here: no broker of ours takes it, and others would be ended by it.\n')
    return SignalExitCode.Sent
  }
  for (const each of pid === null ? brokers(processes, terminal.pid) : [Number.parseInt(pid, 10)]) send(processes, each, wanted, terminal)
  return SignalExitCode.Sent
}

/** One that is gone, or somebody else's, is told and does not count. */
function send(processes: Processes, pid: number, wanted: NodeJS.Signals, terminal: Terminal): void {
  try {
    processes.kill(pid, wanted)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ESRCH' ? 'there is no such process' : code === 'EPERM' ? 'it belongs to another user' : message
    terminal.stderr.write(`Process ${pid} was not signalled: ${why}.\n`)
  }
}

function brokers(processes: Processes, own: number): number[] {
  return processes
    .list()
    .filter(({ pid, words }) => pid !== own && isBroker(words))
    .map(({ pid }) => pid)
}

/** `mosquitto …`, or our program as a broker: with the word, or bare. */
function isBroker(words: readonly string[]): boolean {
  if (basename(words[0] ?? '') === 'mosquitto') return true
  const at = words.findIndex((word) => /^zanzara(?:\.js)?$/.test(basename(word)))
  if (at < 0 || at > 4) return false
  const command = words[at + 1]
  return command === undefined || command === 'broker' || (command.startsWith('-') && !['--help', '-h', '--version'].includes(command))
}

const SYSTEM: Processes = {
  kill: (pid, name) => void process.kill(pid, name),
  list: () => {
    try {
      return readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .flatMap((name) => {
          try {
            return [{ pid: Number(name), words: readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').filter(Boolean) }]
          } catch {
            return [] // it has ended meanwhile
          }
        })
    } catch {
      return [] // a system without /proc: -p still works
    }
  },
}
