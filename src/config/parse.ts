// Reads mosquitto.conf, line by line, by Mosquitto's rules: no continuation, `#` only in the first column, tabs do not separate.
// The options themselves are rows in options.ts; the texts of errors are Mosquitto 2.1's, each with the file and line.

import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { ConfigError, type Configuration, type ConfigurationNote, type ListenerConfiguration, newListener } from './configuration.ts'
import { type Draft, type ListenerOption, OPTIONS, type Option, UNAVAILABLE_OPTIONS } from './options.ts'

const DEFAULT_PORT = 1883

/** Reads and checks a configuration file. @throws ConfigError */
export function readConfiguration(path: string): Configuration {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') throw new ConfigError(`Config file '${path}' is a directory.`)
    throw new ConfigError(`Unable to open config file '${path}'.`)
  }
  return parseConfiguration(bytes, path)
}

/** `file` is only named in errors. @throws ConfigError */
export function parseConfiguration(bytes: Uint8Array, file: string): Configuration {
  const parser = new Parser()
  const text = Buffer.from(bytes)
  let line = 0
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf(10, start)
    const end = newline < 0 ? text.length : newline
    line++
    try {
      parser.line(text.subarray(start, end))
    } catch (error) {
      if (error instanceof ConfigError) throw new ConfigError(error.message, file, line)
      throw error
    }
    start = end + 1
  }
  return parser.finish()
}

class Parser {
  readonly #byName = new Map<string, Option>(OPTIONS.map((option) => [option.name, option]))
  readonly #draft: Draft = {
    allowAnonymous: null,
    limits: {},
    logTypes: null,
    logDestinations: null,
    logTimestamp: true,
    connectionMessages: true,
    pidFile: null,
  }
  readonly #listeners: ListenerConfiguration[] = []
  readonly #notes: ConfigurationNote[] = []
  readonly #texts = new Set<string>()
  /** Made by `port`, `bind_address` or an option without a listener; listens only if one of the first two was there. */
  #default: ListenerConfiguration | null = null
  #defaultListens = false
  #current: ListenerConfiguration | null = null

  line(bytes: Buffer): void {
    if (!isUtf8(bytes)) throw new ConfigError('Malformed UTF-8 in configuration.')
    const text = bytes.toString().replace(/\r$/, '')
    if (text === '' || text.startsWith('#')) return
    const trimmed = text.replace(/^ +/, '')
    const space = trimmed.indexOf(' ')
    if (trimmed === '') return
    const name = space < 0 ? trimmed : trimmed.slice(0, space)
    const value = space < 0 ? '' : trimmed.slice(space + 1).replace(/^[ \t]+|[ \t]+$/g, '')
    if (name === 'listener') this.#openListener(value)
    else if (name === 'port') this.#setDefaultPort(value)
    else if (name === 'bind_address') this.#setBindAddress(value)
    else this.#set(name, value)
  }

  finish(): Configuration {
    const listeners = this.#defaultListens ? [this.#default!, ...this.#listeners] : this.#listeners
    for (const listener of listeners) checkTls(listener)
    const { allowAnonymous, limits, logTypes, logDestinations, logTimestamp, connectionMessages, pidFile } = this.#draft
    const localOnly = listeners.length > 0 ? null : (this.#default ?? newListener(DEFAULT_PORT))
    if (localOnly !== null) checkTls(localOnly)
    return {
      listeners,
      localOnly,
      allowAnonymous: allowAnonymous ?? localOnly !== null,
      limits,
      logTypes,
      logDestinations,
      logTimestamp,
      connectionMessages,
      pidFile,
      notes: this.#notes,
    }
  }

  #openListener(value: string): void {
    const [port, ...rest] = value.split(/ +/)
    const host = rest.join(' ')
    const listener = newListener(integer('listener port', port ?? '', 0, 65535))
    if (listener.port === 0) {
      if (!host.startsWith('/') && !host.startsWith('./')) throw new ConfigError('A listener with port 0 must provide a Unix socket path.')
      listener.unixPath = host
    } else if (host !== '') listener.host = host
    this.#listeners.push(listener)
    this.#current = listener
  }

  #setDefaultPort(value: string): void {
    this.#deprecated('port', "Please use 'listener' instead.")
    const listener = this.#defaultListener('port')
    const port = integer('port', value, 1, 65535)
    if (this.#defaultListens)
      this.#notes.push({ type: 'warning', text: 'Warning: Default listener port specified multiple times. Only the latest will be used.' })
    listener.port = port
    this.#defaultListens = true
    this.#current = listener
  }

  #setBindAddress(value: string): void {
    this.#deprecated('bind_address', '')
    this.#defaultListener('bind_address').host = required('bind_address', value)
    this.#defaultListens = true
  }

  #set(name: string, value: string): void {
    const option = this.#byName.get(name)
    if (option === undefined) {
      if (UNAVAILABLE_OPTIONS.has(name)) throw new ConfigError(`The '${name}' option is not available in this version.`)
      throw new ConfigError(`Unknown configuration variable '${name}'.`)
    }
    if (option.deprecated !== undefined) this.#deprecated(name, option.deprecated)
    if (option.scope === 'listener') this.#setOnListener(option, value)
    else if (option.kind === 'boolean') option.set(this.#draft, boolean(name, value))
    else if (option.kind === 'integer') option.set(this.#draft, integer(name, value, option.minimum, option.maximum))
    else {
      if (option.kind === 'text' && name !== 'log_dest' && this.#texts.has(name)) throw new ConfigError(`Duplicate '${name}' value in configuration.`)
      this.#texts.add(name)
      option.set(this.#draft, option.kind === 'word' ? word(name, value) : required(name, value))
    }
  }

  #setOnListener(option: ListenerOption, value: string): void {
    const { name } = option
    if (option.needsListener && this.#current === null) throw new ConfigError(`The '${name}' option requires a listener to be defined first.`)
    const listener = this.#current ?? this.#defaultListener(name)
    if (option.kind === 'boolean') option.set(listener, boolean(name, value))
    else if (option.kind === 'integer') option.set(listener, integer(name, value, option.minimum, option.maximum))
    else {
      if (!option.once(listener)) throw new ConfigError(`Duplicate '${name}' value in configuration.`)
      option.set(listener, option.kind === 'word' ? word(name, value) : required(name, value))
    }
  }

  #defaultListener(because: string): ListenerConfiguration {
    if (this.#default === null) {
      this.#notes.push(
        { type: 'information', text: `Creating default listener due to '${because}' option.` },
        {
          type: 'information',
          text: `It is best practice to define a 'listener' first. Using the '${because}' option without a listener will be disabled in the future.`,
        },
      )
      this.#default = newListener(DEFAULT_PORT)
    }
    return this.#default
  }

  #deprecated(name: string, remedy: string): void {
    this.#notes.push({ type: 'notice', text: `The '${name}' option is now deprecated and will be removed in version 3.0. ${remedy}` })
  }
}

function checkTls(listener: ListenerConfiguration): void {
  if ((listener.certfile === null) !== (listener.keyfile === null) || (listener.certfile === null && (listener.cafile !== null || listener.requireCertificate)))
    throw new ConfigError('Both certfile and keyfile must be provided to enable a TLS listener.')
  if (listener.requireCertificate && listener.cafile === null) throw new ConfigError("'require_certificate' needs a 'cafile' to check certificates against.")
  if (listener.useIdentityAsUsername && !listener.requireCertificate) throw new ConfigError("'use_identity_as_username' needs 'require_certificate true'.")
}

function required(name: string, value: string): string {
  if (value === '') throw new ConfigError(`Empty '${name}' value in configuration.`)
  return value
}

/** The first word; what follows it is not read. */
function word(name: string, value: string): string {
  return required(name, value).split(' ')[0]!
}

function boolean(name: string, value: string): boolean {
  const text = word(name, value)
  if (text === 'true' || text === '1') return true
  if (text === 'false' || text === '0') return false
  throw new ConfigError(`Invalid '${name}' value (${text}).`)
}

/** C notation: decimal, 0x… hexadecimal, 0… octal. */
function integer(name: string, value: string, minimum: number, maximum: number): number {
  const text = word(name, value)
  const parts = /^([+-]?)(?:0x([0-9a-f]+)|(0[0-7]*)|([1-9][0-9]*))$/i.exec(text)
  if (parts === null) throw new ConfigError(`'${name}' value not a number.`)
  const [, sign, hexadecimal, octal, decimal] = parts
  const size = hexadecimal !== undefined ? Number.parseInt(hexadecimal, 16) : octal !== undefined ? Number.parseInt(octal, 8) : Number(decimal)
  const number = sign === '-' ? -size : size
  if (number < minimum || number > maximum) throw new ConfigError(`Invalid '${name}' value (${text}).`)
  return number
}
