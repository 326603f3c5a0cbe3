// The program: the first word chooses the command, whose code is loaded only then.
// Started by bin/zanzara.js; ends the process with the command's exit code.

import { processTerminal } from './process-terminal.ts'
import type { Terminal } from './terminal.ts'

type Command = (argv: readonly string[], terminal: Terminal) => Promise<number>

// Without a handler this signal makes Node open its debugger; mosquitto's users send it to save the database.
process.on('SIGUSR1', () => {})

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  broker: async () => (await import('./broker.ts')).runBroker,
  pub: async () => (await import('./pub.ts')).runPub,
  sub: async () => (await import('./sub.ts')).runSub,
  rr: async () => (await import('./rr.ts')).runRr,
  ctrl: async () => (await import('./ctrl/ctrl.ts')).runCtrl,
  passwd: async () => (await import('./passwd.ts')).runPasswd,
  acl: async () => (await import('./acl.ts')).runAcl,
  sniff: async () => (await import('./sniff.ts')).runSniff,
  match: async () => (await import('./match.ts')).runMatch,
  config: async () => (await import('./config.ts')).runConfig,
  fsck: async () => (await import('./fsck.ts')).runFsck,
  backup: async () => (await import('./backup.ts')).runBackup,
  db: async () => (await import('./db.ts')).runDb,
  bench: async () => (await import('./bench/bench.ts')).runBench,
  certs: async () => (await import('./certs/certs.ts')).runCerts,
  doctor: async () => (await import('./doctor/doctor.ts')).runDoctor,
  signal: async () => (await import('./signal.ts')).runSignal,
  'install-shims': async () => (await import('./install-shims.ts')).installShimsOf(WRAPPERS),
  service: async () => (await import('./service.ts')).runService,
  completion: async () => (await import('./completion/completion.ts')).completionOf(COMMANDS),
}

/** Programs whose place we may take: started under their name we are their command. */
const WRAPPERS: Readonly<Record<string, string>> = {
  mosquitto: 'broker',
  mosquitto_pub: 'pub',
  mosquitto_sub: 'sub',
  mosquitto_rr: 'rr',
  mosquitto_ctrl: 'ctrl',
  mosquitto_passwd: 'passwd',
  mosquitto_signal: 'signal',
}

async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const wrapped = WRAPPERS[terminal.invokedAs]
  if (wrapped !== undefined) return await run(wrapped, argv, terminal)
  const [word, ...rest] = argv
  if (word === undefined) return await start(argv, terminal)
  if (word === '--version') return await print(terminal, `zanzara version ${(await import('../server/package-version.ts')).packageVersion()}\n`)
  if (word === 'help') return rest[0] === undefined ? await print(terminal, (await import('./help.ts')).HELP) : await run(rest[0], ['--help'], terminal)
  return word.startsWith('-') ? await start(argv, terminal) : await run(word, rest, terminal)
}

async function start(argv: readonly string[], terminal: Terminal): Promise<number> {
  return await (await import('./start.ts')).runStart(argv, terminal)
}

async function run(word: string, argv: readonly string[], terminal: Terminal): Promise<number> {
  const load = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined
  if (load !== undefined) return await (await load())(argv, terminal)
  const [{ nearestName }, { escapeControls }] = await Promise.all([import('../base/nearest-name.ts'), import('../server/log-destinations.ts')])
  const meant = nearestName(word, [...Object.keys(COMMANDS), 'help'])
  terminal.stderr.write(
    `Error: there is no command '${escapeControls(word)}'.${meant === null ? '' : ` Did you mean: zanzara ${meant}`}\n\nUse 'zanzara help' to see all commands.\n`,
  )
  await terminal.stderr.flush()
  return 1
}

async function print(terminal: Terminal, text: string): Promise<number> {
  terminal.stdout.write(text)
  await terminal.stdout.flush()
  return 0
}

const terminal = processTerminal()
const code = await main(process.argv.slice(2), terminal)
await terminal.stdout.flush()
await terminal.stderr.flush()
process.exit(code)
