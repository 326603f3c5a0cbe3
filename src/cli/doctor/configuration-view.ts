// A configuration as the doctor needs it: per listener who may come in and by which files, each with the line that says so.
// The one place that knows how config/ tells these things. Whether the file as a whole is right is asked of config/parse.ts.

import { ConfigError } from '../../config/configuration.ts'
import { readConfiguration } from '../../config/parse.ts'
import { type ConfigurationLine, configurationLines, lastValue } from '../configuration-lines.ts'

/** Null = the file does not say. */
export type Setting = ConfigurationLine | null

export interface ListenerView {
  /** The line that opens it; null for the one that is there without a configuration. */
  readonly at: Setting
  /** 0 with a Unix socket. */
  readonly port: number
  /** Null = all addresses; `loopback` = 127.0.0.1 and ::1, as without any listener. */
  readonly host: string | 'loopback' | null
  readonly unixPath: string | null
  readonly isWebSocket: boolean
  readonly family: 'ipv4' | 'ipv6' | null
  readonly allowsAnonymous: boolean
  /** The line that says whether it does. */
  readonly anonymousAt: Setting
  readonly passwordFile: Setting
  readonly aclFile: Setting
  readonly pskFile: Setting
  readonly certfile: Setting
  readonly keyfile: Setting
  readonly cafile: Setting
  readonly requiresCertificate: boolean
  /** A plugin judges logins: what it thinks is not for us to know. */
  readonly hasPlugin: boolean
}

export interface ConfigurationView {
  readonly file: string | null
  /** Whether there was anything to read. */
  readonly hasLines: boolean
  /** Why it cannot be used, with `FILE:LINE` where there is one. */
  readonly fault: { readonly text: string; readonly where: string | null } | null
  readonly listeners: readonly ListenerView[]
  /** The user that a broker started by root becomes. */
  readonly user: string | null
}

/** The view of a file; null = of a broker without one. */
export function viewConfiguration(file: string | null, port = 1883): ConfigurationView {
  if (file === null) return { file, hasLines: false, fault: null, listeners: [withoutListener([], port)], user: null }
  const lines = configurationLines(file)
  const listeners = listenersIn(lines)
  return {
    file,
    hasLines: lines.length > 0,
    fault: faultOf(file),
    listeners: listeners.length > 0 ? listeners : [withoutListener(lines, 1883)],
    user: lastValue(lines, 'user'),
  }
}

/** `FILE:LINE`. */
export function place({ file, line }: ConfigurationLine): string {
  return `${file}:${line}`
}

function faultOf(file: string): ConfigurationView['fault'] {
  try {
    readConfiguration(file)
    return null
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { text: error.message, where: error.line > 0 ? `${error.file}:${error.line}` : null }
  }
}

/** Options that with per_listener_settings belong to the listener above them. */
const PER_LISTENER = new Set(['allow_anonymous', 'password_file', 'acl_file', 'psk_file', 'plugin', 'auth_plugin', 'plugin_load'])

function listenersIn(lines: readonly ConfigurationLine[]): ListenerView[] {
  const isPerListener = isTrue(lines.findLast(({ name }) => name === 'per_listener_settings') ?? null)
  const opened: { readonly at: ConfigurationLine; readonly own: ConfigurationLine[] }[] = []
  const before: ConfigurationLine[] = []
  for (const line of lines) {
    if (line.name === 'listener' || line.name === 'port') opened.push({ at: line, own: [] })
    else (opened.at(-1)?.own ?? before).push(line)
  }
  return opened.map(({ at, own }) => {
    const shared = isPerListener ? [...before.filter(() => at.name === 'port'), ...own] : lines
    const scoped = (name: string): readonly ConfigurationLine[] => (PER_LISTENER.has(name) ? shared : at.name === 'port' ? [...before, ...own] : own)
    return { ...viewOf(scoped, at, false), ...whereOf(at, before) }
  })
}

/** What listens when no line says where: this machine alone may connect, without a password unless the file wants one. */
function withoutListener(lines: readonly ConfigurationLine[], port: number): ListenerView {
  return { ...viewOf(() => lines, null, true), port, host: 'loopback', unixPath: null }
}

function whereOf({ name, value }: ConfigurationLine, before: readonly ConfigurationLine[]): Pick<ListenerView, 'port' | 'host' | 'unixPath'> {
  const [port = '', ...rest] = value.split(/ +/)
  const host = name === 'port' ? (lastValue(before, 'bind_address') ?? '') : rest.join(' ')
  if (Number(port) === 0) return { port: 0, host: null, unixPath: host }
  return { port: Number(port), host: host === '' ? null : host, unixPath: null }
}

function viewOf(
  scoped: (name: string) => readonly ConfigurationLine[],
  at: Setting,
  anonymousDefault: boolean,
): Omit<ListenerView, 'port' | 'host' | 'unixPath'> {
  const last = (...names: readonly string[]): Setting => names.flatMap((name) => scoped(name).filter((line) => line.name === name)).at(-1) ?? null
  const anonymousAt = last('allow_anonymous', 'listener_allow_anonymous')
  const family = last('socket_domain')?.value
  return {
    at,
    isWebSocket: last('protocol')?.value === 'websockets',
    family: family === 'ipv4' || family === 'ipv6' ? family : null,
    allowsAnonymous: anonymousAt === null ? anonymousDefault : isTrue(anonymousAt),
    anonymousAt,
    passwordFile: last('password_file'),
    aclFile: last('acl_file'),
    pskFile: last('psk_file'),
    certfile: last('certfile'),
    keyfile: last('keyfile'),
    cafile: last('cafile'),
    requiresCertificate: isTrue(last('require_certificate')),
    hasPlugin: last('plugin', 'auth_plugin', 'plugin_load', 'global_plugin') !== null,
  }
}

function isTrue(setting: Setting): boolean {
  return setting?.value === 'true' || setting?.value === '1'
}
