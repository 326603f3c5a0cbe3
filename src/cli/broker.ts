// `zanzara broker`: the broker as mosquitto's command line and configuration file start it; ends on SIGINT and SIGTERM.
// Flags are in broker-arguments.ts, the file's options in config/, the broker itself behind server/start-broker.ts.

import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LogType } from '../base/log.ts'
import { ConfigError, type Configuration, type ConfigurationNote } from '../config/configuration.ts'
import { parseConfiguration, readConfiguration } from '../config/parse.ts'
import { ListenError } from '../server/listen-error.ts'
import { ALL_LOG_TYPES, DEFAULT_LOG_TYPES, escapeControls, NO_LOG_TYPES } from '../server/log-destinations.ts'
import { packageVersion } from '../server/package-version.ts'
import { type BrokerListener, type RunningBroker, startBroker } from '../server/start-broker.ts'
import { ArgumentError, BROKER_HELP, BROKER_USAGE, type BrokerArguments, readBrokerArguments } from './broker-arguments.ts'
import { admitsNobody, authenticatorOf, CertificateError, listenersOf, notServed } from './broker-listeners.ts'
import { DevCertificatesError } from './certs/dev-folder.ts'
import { ProgramLog } from './program-log.ts'
import { untilStopped } from './stop-signals.ts'
import type { Terminal } from './terminal.ts'

const ExitCode = { Stopped: 0, CannotListen: 1, Configuration: 3, PidFile: 14 } as const

/** Runs until the broker is stopped; returns the exit code. */
export async function runBroker(argv: readonly string[], terminal: Terminal): Promise<number> {
  const name = programVersion(terminal)
  let options: BrokerArguments | 'help' | 'version'
  try {
    options = readBrokerArguments(argv)
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    return await refuse(terminal, name, [error.message], error.showUsage)
  }
  if (options === 'help' || options === 'version') {
    terminal.stdout.write(options === 'help' ? BROKER_HELP : `${name}\n`)
    await terminal.stdout.flush()
    return ExitCode.Stopped
  }
  if (options.testConfig && options.configFile === null) return await refuse(terminal, name, ['Please provide a configuration file to test.'], false)
  let configuration: Configuration
  try {
    configuration = options.configFile === null ? parseConfiguration(new Uint8Array(0), '') : readConfiguration(options.configFile, terminal.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return await refuse(terminal, name, [error.message, ...error.places], false, error.notes)
  }
  if (options.testConfig) {
    terminal.stdout.write('Configuration file is OK.\n')
    await terminal.stdout.flush()
    return ExitCode.Stopped
  }
  const unserved = notServed(configuration)
  if (unserved !== null) return await refuse(terminal, name, [unserved], false)
  if (options.daemon) return daemonise(argv)
  return await serve(options, configuration, terminal, name)
}

async function serve(options: BrokerArguments, configuration: Configuration, terminal: Terminal, name: string): Promise<number> {
  const types = logTypesOf(options, configuration)
  let log: ProgramLog
  try {
    log = new ProgramLog(terminal, { types, timestamps: configuration.logTimestamp, destinations: configuration.logDestinations ?? [{ to: 'stderr' }] })
  } catch (error) {
    return await refuse(terminal, name, [`Unable to open log file: ${(error as Error).message}.`], false)
  }
  for (const note of configuration.notes) log.write(note.type, escapeControls(note.text))
  log.write('information', `${name} starting`)
  log.write('information', options.configFile === null ? 'Using default config.' : `Config loaded from ${options.configFile}.`)
  if (configuration.localOnly !== null) for (const line of LOCAL_ONLY) log.write('information', line)
  if (admitsNobody(configuration))
    log.write('warning', "Warning: nobody can connect: 'allow_anonymous' is false and no listener takes certificates; set 'allow_anonymous true'.")
  const stopped = untilStopped(terminal, log)
  const { pidFile } = configuration
  let isPidWritten = false
  try {
    if (pidFile !== null) {
      writePid(pidFile, terminal.pid)
      isPidWritten = true
    }
    const running = await start(options, configuration, log, name, terminal)
    log.publishTo((message) => running.broker.publish(message))
    log.write('information', `${name} running`)
    await stopped.signal
    log.write('information', `${name} terminating`)
    await running.close()
    return ExitCode.Stopped
  } catch (error) {
    if (!(error instanceof ListenError || error instanceof CertificateError || error instanceof DevCertificatesError || error instanceof PidFileError))
      throw error
    log.write(
      'error',
      `Error: ${escapeControls(error instanceof ListenError ? error.sentence(error.place.port === options.devTlsPort ? '--tls-port' : '-p') : error.message)}`,
    )
    log.write('information', `${name} terminating`)
    return error instanceof PidFileError ? ExitCode.PidFile : ExitCode.CannotListen
  } finally {
    if (isPidWritten) rmSync(pidFile!, { force: true })
    stopped.forget()
    await log.close()
  }
}

async function start(options: BrokerArguments, configuration: Configuration, log: ProgramLog, versionText: string, terminal: Terminal): Promise<RunningBroker> {
  const tells = (type: LogType): boolean => log.types.has(type)
  const listeners = listenersOf(configuration, options.ports)
  if (options.devTlsPort !== null) listeners.push(await devTlsListener(options.devTlsPort, configuration, log, terminal))
  return await startBroker({
    listeners,
    limits: configuration.limits,
    authenticator: authenticatorOf(configuration),
    log,
    versionText,
    verbose: tells('debug') || tells('subscribe') || tells('unsubscribe'),
    connectionMessages: configuration.connectionMessages,
  })
}

/** As reachable as the first listener of the configuration; without one for this machine alone. */
async function devTlsListener(port: number, { listeners }: Configuration, log: ProgramLog, terminal: Terminal): Promise<BrokerListener> {
  const { devTls } = await import('./certs/dev-tls.ts')
  const first = listeners.find(({ unixPath }) => unixPath === null)
  const { listener, note } = await devTls(terminal.env, { port, ...(first === undefined ? {} : { host: first.host }) })
  if (note !== null) log.write('information', escapeControls(note))
  return listener
}

const LOCAL_ONLY = [
  'Starting in local only mode. Connections will only be possible from clients running on this machine.',
  'Create a configuration file which defines a listener to allow remote access.',
  'For more details see the output of: zanzara broker --help',
]

function logTypesOf(options: BrokerArguments, configuration: Configuration): ReadonlySet<LogType> {
  if (options.quiet) return NO_LOG_TYPES
  return options.verbose ? ALL_LOG_TYPES : (configuration.logTypes ?? DEFAULT_LOG_TYPES)
}

class PidFileError extends Error {
  override readonly name = 'PidFileError'
}

function writePid(path: string, pid: number): void {
  try {
    writeFileSync(path, `${pid}\n`)
  } catch (error) {
    throw new PidFileError(`Unable to write pid file: ${(error as Error).message}.`, { cause: error })
  }
}

/** How the log names this program: scripts that start `mosquitto` through a wrapper wait for its name. */
function programVersion(terminal: Terminal): string {
  const version = packageVersion()
  const isWrapper = terminal.invokedAs === 'mosquitto' || terminal.env['ZANZARA_PROGRAM_NAME'] === 'mosquitto'
  return isWrapper ? `mosquitto version 2.1.2 (zanzara ${version})` : `zanzara version ${version}`
}

/** Starts this command once more, on its own; the parent is done at once. */
function daemonise(argv: readonly string[]): number {
  const program = fileURLToPath(new URL('./zanzara.js', import.meta.url))
  const own = argv.filter((word, i) => !((word === '-d' || word === '--daemon') && !takesValue(argv[i - 1])))
  spawn(process.execPath, [...process.execArgv, program, 'broker', ...own], { detached: true, stdio: 'ignore' }).unref()
  return ExitCode.Stopped
}

function takesValue(flag: string | undefined): boolean {
  return flag === '-c' || flag === '--config-file' || flag === '-p' || flag === '--port' || flag === '--tls' || flag === '--tls-port'
}

/** Says why this start is refused, as a log of Mosquitto's would. */
async function refuse(
  terminal: Terminal,
  name: string,
  lines: readonly string[],
  showUsage: boolean,
  notes: readonly ConfigurationNote[] = [],
): Promise<number> {
  const log = new ProgramLog(terminal, { types: DEFAULT_LOG_TYPES, timestamps: true, destinations: [{ to: 'stderr' }] })
  for (const { type, text } of notes) log.write(type, escapeControls(text))
  for (const [i, line] of lines.entries()) log.write('error', escapeControls(i === 0 && !line.startsWith('Please') ? `Error: ${line}` : line))
  log.write('information', `${name} terminating`)
  if (showUsage) terminal.stdout.write(BROKER_USAGE)
  await log.close()
  return ExitCode.Configuration
}
