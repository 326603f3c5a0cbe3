// The process of `zanzara broker`: log, pid file, user, signals and systemd around a broker that a configuration describes.
// Reading flags and the configuration file is broker.ts; the broker itself is server/configured-broker.ts.

import { accessSync, appendFileSync, constants, rmSync, writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { AccessFileError, type FileOwner } from '../auth/access-file.ts'
import type { LogType } from '../base/log.ts'
import { DevCertificatesError } from '../certs/dev-folder.ts'
import { ConfigError, type Configuration } from '../config/configuration.ts'
import { readConfiguration } from '../config/parse.ts'
import { placeOf } from '../config/settings.ts'
import { aclFileOf, passwordFileOf, served } from '../server/access.ts'
import type { AdminServer } from '../server/admin/admin-server.ts'
import { TokenFileError } from '../server/admin/console-tokens.ts'
import { filesOfBridge, usesTls } from '../server/bridge-target.ts'
import { admitsNobody, ConfiguredBroker, placeOfStore } from '../server/configured-broker.ts'
import { CertificateError } from '../server/configured-listeners.ts'
import { become, handOver, type SystemUser, UserError, userToBecome } from '../server/drop-root.ts'
import { ListenError } from '../server/listen-error.ts'
import { ALL_LOG_TYPES, DEFAULT_LOG_TYPES, escapeControls, NO_LOG_TYPES } from '../server/log-destinations.ts'
import { tellService } from '../server/service-notice.ts'
import type { BrokerListener, RunningBroker } from '../server/start-broker.ts'
import { JournalError } from '../store/journal.ts'
import type { BrokerArguments } from './broker-arguments.ts'
import { BrokerExitCode } from './exit-codes.ts'
import { ProgramLog, type ProgramLogOptions } from './program-log.ts'
import { type ControlSignal, untilStopped } from './stop-signals.ts'
import type { Terminal } from './terminal.ts'
import { inlineHotPath, keepNewSpaceSmall } from './v8-settings.ts'

/** Connections of one address when nobody has configured anything. */
const UNCONFIGURED_PER_ADDRESS = 1000

class PidFileError extends Error {
  override readonly name = 'PidFileError'
}

export class BrokerProcess {
  readonly #options: BrokerArguments
  readonly #terminal: Terminal
  readonly #name: string
  readonly #log: ProgramLog
  #configuration: Configuration
  #broker: ConfiguredBroker | null = null
  #running: RunningBroker | null = null
  #tree: () => readonly string[] = () => []

  /** `name` is how the log calls this program. @throws the system's error when a log file cannot be opened */
  constructor(options: BrokerArguments, configuration: Configuration, terminal: Terminal, name: string) {
    this.#options = options
    this.#configuration = configuration
    this.#terminal = terminal
    this.#name = name
    this.#log = new ProgramLog(terminal, this.#logOptions(configuration))
  }

  /** Runs until it is stopped, or cannot start; returns the exit code. */
  async run(): Promise<number> {
    keepNewSpaceSmall()
    const log = this.#log
    const { pidFile, notes } = this.#configuration
    for (const note of notes) log.write(note.type, escapeControls(note.text))
    const stopped = untilStopped(this.#terminal, (signal) => this.#asked(signal))
    let isPidWritten = false
    try {
      const becoming = userToBecome(this.#configuration.user)
      if (becoming !== null) this.#tellUser(becoming)
      this.#tellStart()
      if (pidFile !== null) {
        writePid(pidFile, this.#terminal.pid)
        isPidWritten = true
      }
      const broker = (this.#broker = await this.#read(becoming?.user ?? null))
      for (const { type, text } of broker.notes) log.write(type, text)
      if (becoming !== null) await this.#dropRoot(becoming.user)
      const running = await broker.open()
      this.#tree = () => running.broker.describeTree()
      this.#tellTap(running.tapPort)
      log.publishTo((message) => running.broker.publish(message))
      log.write('information', `${this.#name} running`)
      this.#tellService('ready')
      this.#running = running
      const failure = await Promise.race([stopped.signal.then(() => null), running.storeFailed])
      this.#tellService('stopping')
      if (failure !== null) log.write('error', `Error: ${escapeControls(failure.message)}.`)
      log.write('information', `${this.#name} terminating`)
      return await this.#close(running, failure)
    } catch (error) {
      const failure = failureOf(error, this.#options, this.#configuration)
      if (failure === null) throw error
      for (const line of failure.lines) log.write('error', escapeControls(line))
      log.write('information', `${this.#name} terminating`)
      return failure.exitCode
    } finally {
      if (isPidWritten) removePid(pidFile!)
      stopped.forget()
      await log.close()
    }
  }

  /** The store tells of its failure once: here, or before. */
  async #close(running: RunningBroker, failure: Error | null): Promise<number> {
    try {
      if (failure === null) this.#tellSaving()
      await running.close()
      return failure === null ? BrokerExitCode.Stopped : BrokerExitCode.StoreFailed
    } catch (error) {
      if (!(error instanceof JournalError)) throw error
      if (failure === null) this.#log.write('error', `Error: ${escapeControls(error.message)}.`)
      return BrokerExitCode.StoreFailed
    }
  }

  /** As Mosquitto says it; the path is that of the store. */
  #tellSaving(): void {
    const place = placeOfStore(this.#configuration)
    if (place !== null) this.#log.write('information', `Saving in-memory database to ${escapeControls(join(place.path, 'zanzara'))}.`)
  }

  #save(): void {
    const { enabled } = this.#configuration.persistence
    if (!enabled || this.#running === null) {
      this.#log.write('information', "SIGUSR1: there is nothing to save, 'persistence' is false.")
      return
    }
    this.#tellSaving()
    // a store that cannot be written has told so itself
    this.#running.save().catch((error: unknown) => {
      if (!(error instanceof JournalError)) this.#log.write('error', `Error: ${escapeControls((error as Error).message)}.`)
    })
  }

  #logOptions(configuration: Configuration): ProgramLogOptions {
    return {
      types: logTypesOf(this.#options, configuration),
      timestamps: configuration.logTimestamp,
      destinations: configuration.logDestinations ?? [{ to: 'stderr' }],
      timestampFormat: configuration.logTimestampFormat,
      format: configuration.logFormat,
      facility: configuration.logFacility,
      tag: this.#name.startsWith('mosquitto') ? 'mosquitto' : 'zanzara',
    }
  }

  #tellUser({ user, warning }: { readonly user: SystemUser; readonly warning: string | null }): void {
    if (warning !== null) this.#log.write('warning', warning)
    this.#log.write('information', `Info: running ${this.#name.split(' ')[0]!} as user: ${user.name}.`)
  }

  #tellStart(): void {
    const { configFile } = this.#options
    const log = this.#log
    log.write('information', `${this.#name} starting`)
    log.write('information', configFile === null ? 'Using default config.' : `Config loaded from ${configFile}.`)
    for (const line of SUPPORT) log.write('information', line)
    if (this.#configuration.localOnly !== null) for (const line of LOCAL_ONLY) log.write('information', line)
    if (admitsNobody(this.#configuration))
      log.write(
        'warning',
        "Warning: nobody can connect: 'allow_anonymous' is false and there is neither a 'password_file' nor a listener that takes certificates.",
      )
  }

  /** Reads certificates and access files: as root, where we are still root. */
  async #read(owner: SystemUser | null): Promise<ConfiguredBroker> {
    const { configFile, ports, tlsKeyLog } = this.#options
    if (tlsKeyLog !== null) appendFileSync(tlsKeyLog, '', { mode: 0o600 })
    if (tlsKeyLog !== null && owner !== null) handOver(tlsKeyLog, owner)
    const console = await this.#console(owner)
    return new ConfiguredBroker({
      configuration: this.#configuration,
      log: console?.log ?? this.#log,
      console,
      ports,
      moreListeners: await this.#devTlsListeners(),
      defaultLimits: configFile === null ? { memoryLimit: Math.floor(totalmem() / 2) } : {},
      maximumConnectionsPerAddress: configFile === null ? UNCONFIGURED_PER_ADDRESS : null,
      keyLogFile: tlsKeyLog,
      ...(owner === null ? {} : { owner: ownerOf(owner) }),
      versionText: this.#name,
      verbose: tellsPackets(this.#log.types),
      firstPublish: inlineHotPath,
    })
  }

  /** Where a listener asks for the console: its tokens are read, or made and told. Its code is loaded before root is given up. */
  async #console(owner: SystemUser | null): Promise<AdminServer | null> {
    if (!served(this.#configuration).some(({ hasConsole }) => hasConsole)) return null
    const { openConsole } = await import('./broker-console.ts')
    return openConsole({
      configuration: this.#configuration,
      current: () => this.#broker?.configuration ?? this.#configuration,
      log: this.#log,
      terminal: this.#terminal,
      owner,
    })
  }

  /** --tls dev: as reachable as the first listener of the configuration; without one for this machine alone. */
  async #devTlsListeners(): Promise<BrokerListener[]> {
    const { devTlsPort: port } = this.#options
    if (port === null) return []
    const { devTls } = await import('./certs/dev-tls.ts')
    const first = this.#configuration.listeners.find(({ unixPath }) => unixPath === null)
    const { listener, note } = await devTls(this.#terminal.env, { port, ...(first === undefined ? {} : { host: first.host }) })
    if (note !== null) this.#log.write('information', escapeControls(note))
    return [listener]
  }

  /** Code that is loaded later may lie where only root can read. */
  async #dropRoot(user: SystemUser): Promise<void> {
    const listeners = served(this.#configuration)
    if (this.#options.devTlsPort !== null || listeners.some(({ certfile, pskHint }) => certfile !== null || pskHint !== null)) await import('../net/tls.ts')
    if (listeners.some(({ protocol }) => protocol !== 'mqtt')) await import('../net/websocket-server.ts')
    if (this.#configuration.bridges.some(usesTls)) await import('../net/tls-dial.ts')
    for (const path of this.#log.filePaths) handOver(path, user)
    const { pidFile } = this.#configuration
    if (pidFile !== null) handOver(pidFile, user)
    become(user)
    const unreadable = filesOf(this.#configuration).filter((path) => !isReadable(path))
    if (this.#options.configFile !== null && unreadable.length > 0)
      this.#log.write('warning', `Warning: user ${user.name} may not read ${unreadable.join(', ')}: no reload (SIGHUP) will work until it may, see chown.`)
  }

  #tellTap(port: number): void {
    const { tapListener } = this.#configuration
    if (tapListener === null) return
    const place = 'path' in tapListener ? `path ${escapeControls(tapListener.path)}` : `port ${port} of 127.0.0.1`
    this.#log.write('warning', `Warning: all that passes, passwords included, can be read along on ${place} ('tap_listener').`)
  }

  #tellService(state: 'ready' | 'stopping'): void {
    void tellService(state, this.#terminal.env).then((problem) => {
      if (problem !== null) this.#log.write('warning', `Warning: ${escapeControls(problem)}.`)
    })
  }

  #asked(signal: ControlSignal): void {
    if (signal === 'SIGHUP') this.#reload()
    else if (signal === 'SIGUSR2') for (const line of this.#tree()) this.#terminal.stdout.write(`${escapeControls(line)}\n`)
    else this.#save()
  }

  /** Reads everything again; what cannot be used leaves all as it was. */
  #reload(): void {
    const log = this.#log
    const { configFile } = this.#options
    log.write('information', 'Reloading config.')
    if (configFile === null || this.#broker === null) {
      log.reopen()
      return
    }
    try {
      const read = readConfiguration(configFile, this.#terminal.env)
      const unserved = notServed(read)
      if (unserved !== null) throw new ConfigError(unserved)
      const logOptions = this.#logOptions(read)
      const ended = this.#broker.reload(read, tellsPackets(logOptions.types))
      log.reconfigure(logOptions)
      this.#configuration = read
      for (const { type, text } of read.notes) log.write(type, escapeControls(text))
      if (ended > 0) log.write('information', `${ended} ${ended === 1 ? 'client is' : 'clients are'} not welcome any more.`)
    } catch (error) {
      log.reopen()
      for (const line of linesOf(error)) log.write('error', escapeControls(line))
      log.write('error', 'Error: The configuration stays as it was.')
    }
  }
}

/** A plugin that cannot be loaded may decide who may do what: nobody shall believe it in force. Null when there is none of the kind. */
export function notServed({ allPlugins }: Configuration): string | null {
  const plugin = allPlugins.find(({ known }) => known === null)
  const setting = plugin?.settings[0]
  if (plugin === undefined || setting === undefined) return null
  return `Unable to load plugin '${plugin.path}' (${placeOf(setting)}): shared objects cannot be loaded. Built in are those that stand for mosquitto_dynamic_security, mosquitto_acl_file, mosquitto_password_file, mosquitto_persist_sqlite and mosquitto_sparkplug_aware.`
}

const SUPPORT = [
  'Bridge support available.',
  'Persistence support available.',
  'TLS support available.',
  'TLS-PSK support available.',
  'Websockets support available.',
]

const LOCAL_ONLY = [
  'Starting in local only mode. Connections will only be possible from clients running on this machine.',
  'Create a configuration file which defines a listener to allow remote access.',
  'For more details see the output of: zanzara broker --help',
]

interface StartFailure {
  readonly lines: readonly string[]
  readonly exitCode: number
}

/** Everything that a reload reads. */
function filesOf(configuration: Configuration): string[] {
  const { files, bridges } = configuration
  const ofListeners = served(configuration).flatMap((listener) => {
    const { certfile, keyfile, cafile, crlfile, pskFile } = listener
    return [passwordFileOf(listener), aclFileOf(listener), pskFile, certfile, keyfile, cafile, crlfile]
  })
  return [...new Set([...files, ...ofListeners.filter((path) => path !== null), ...bridges.flatMap(filesOfBridge)])]
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

/** Null for a fault of this program. */
function failureOf(error: unknown, { devTlsPort }: BrokerArguments, configuration: Configuration): StartFailure | null {
  if (error instanceof ListenError) return { lines: [`Error: ${listenSentence(error, devTlsPort, configuration)}`], exitCode: BrokerExitCode.CannotListen }
  if (error instanceof AccessFileError) return { lines: error.logLines, exitCode: BrokerExitCode.AccessFile }
  if (error instanceof PidFileError) return { lines: linesOf(error), exitCode: BrokerExitCode.PidFile }
  if (error instanceof JournalError) return { lines: linesOf(error), exitCode: BrokerExitCode.Store }
  const isExpected = error instanceof TokenFileError || error instanceof CertificateError || error instanceof DevCertificatesError || error instanceof UserError
  return isExpected ? { lines: linesOf(error), exitCode: BrokerExitCode.CannotListen } : null
}

/** With what chooses another port: a flag, or the line of the file. */
function listenSentence(error: ListenError, devTlsPort: number | null, { listeners, localOnly }: Configuration): string {
  const { port, path } = error.place
  if (port === devTlsPort) return error.sentence('--tls-port')
  if (localOnly !== null) return error.sentence('-p')
  const lines = listeners
    .filter((listener) => (path === null ? listener.port === port && listener.unixPath === null : listener.unixPath === path))
    .flatMap(({ settings }) =>
      settings
        .filter(({ option }) => option === 'listener' || option === 'port')
        .slice(-1)
        .map(placeOf),
    )
  if (error.code === 'EADDRINUSE' && lines.length > 1)
    return `Address already in use: ${lines.join(' and ')} want the same ${path === null ? `port ${port}` : `socket ${path}`}.`
  return lines[0] === undefined ? error.message : `${error.message} It is asked for by ${lines[0]}.`
}

function linesOf(error: unknown): readonly string[] {
  if (error instanceof AccessFileError) return error.logLines
  const { message } = error as Error
  return [`Error: ${message}`, ...(error instanceof ConfigError ? error.places : [])]
}

function logTypesOf(options: BrokerArguments, configuration: Configuration): ReadonlySet<LogType> {
  if (options.quiet) return NO_LOG_TYPES
  return options.verbose ? ALL_LOG_TYPES : (configuration.logTypes ?? DEFAULT_LOG_TYPES)
}

/** Whether any line about a packet would be written. */
function tellsPackets(types: ReadonlySet<LogType>): boolean {
  return types.has('debug') || types.has('subscribe') || types.has('unsubscribe')
}

function ownerOf({ uid, gid, name }: SystemUser): FileOwner {
  return { uid, gid, userName: name, groupName: name }
}

function writePid(path: string, pid: number): void {
  try {
    writeFileSync(path, `${pid}\n`)
  } catch (error) {
    throw new PidFileError(`Unable to write pid file: ${(error as Error).message}.`, { cause: error })
  }
}

/** The folder may not be ours any more: root is given up. */
function removePid(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // then it stays, as Mosquitto's does
  }
}
