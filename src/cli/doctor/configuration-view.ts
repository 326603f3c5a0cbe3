// A configuration as the doctor needs it: per listener who may come in and by which files, each with the line that says so.
// What the file means is config/parse.ts' affair; a file that cannot be used has no listeners here.

import type { PluginConfiguration } from '../../config/bridge-configuration.ts'
import { ConfigError, type Configuration, type ListenerConfiguration } from '../../config/configuration.ts'
import { readConfiguration } from '../../config/parse.ts'
import { decidingSetting, type Origin, settingOf, type Setting as WrittenSetting } from '../../config/settings.ts'
import { served } from '../../server/access.ts'

/** One option as it was written. */
export interface ConfigurationLine extends Origin {
  readonly name: string
  readonly value: string
}

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
  /** Certificates or keys name the users. */
  readonly namesByIdentity: boolean
  /** A plugin judges logins: what it thinks is not for us to know. */
  readonly hasPlugin: boolean
}

export interface ConfigurationView {
  readonly file: string | null
  /** Why it cannot be used, with `FILE:LINE` where there is one. */
  readonly fault: { readonly text: string; readonly where: string | null } | null
  readonly listeners: readonly ListenerView[]
  /** The user that a broker started by root becomes. */
  readonly user: string | null
}

/** The view of a file; null = of a broker without one, on `port`. */
export function viewConfiguration(file: string | null, port = 1883): ConfigurationView {
  if (file === null) return { file, fault: null, listeners: [{ ...NOTHING_SAID, port }], user: null }
  try {
    const configuration = readConfiguration(file)
    const listeners = served(configuration).map((listener) => viewOf(configuration, listener))
    return { file, fault: null, listeners, user: settingOf(configuration.settings, 'user')?.value ?? null }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const where = error.line > 0 ? `${error.file}:${error.line}` : null
    return { file, fault: { text: error.message, where }, listeners: [], user: null }
  }
}

/** `FILE:LINE`. */
export function place({ file, line }: ConfigurationLine): string {
  return `${file}:${line}`
}

const NOTHING_SAID: ListenerView = {
  at: null,
  port: 1883,
  host: 'loopback',
  unixPath: null,
  isWebSocket: false,
  family: null,
  allowsAnonymous: true,
  anonymousAt: null,
  passwordFile: null,
  aclFile: null,
  pskFile: null,
  certfile: null,
  keyfile: null,
  cafile: null,
  requiresCertificate: false,
  namesByIdentity: false,
  hasPlugin: false,
}

function viewOf(configuration: Configuration, listener: ListenerConfiguration): ListenerView {
  const own = (option: string): Setting => lineOf(settingOf(listener.settings, option))
  const deciding = (option: string): Setting => lineOf(decidingSetting(configuration, listener, option))
  const isLocal = listener === configuration.localOnly
  return {
    at: isLocal ? null : (own('listener') ?? own('port')),
    port: listener.port,
    host: isLocal ? 'loopback' : listener.host,
    unixPath: listener.unixPath,
    isWebSocket: listener.protocol === 'websockets',
    family: listener.socketDomain,
    allowsAnonymous: listener.allowAnonymous,
    anonymousAt: deciding('allow_anonymous'),
    passwordFile: deciding('password_file') ?? ofPlugin(listener.plugins, 'password_file'),
    aclFile: deciding('acl_file') ?? ofPlugin(listener.plugins, 'acl_file'),
    pskFile: listener.pskHint === null ? null : deciding('psk_file'),
    certfile: own('certfile'),
    keyfile: own('keyfile'),
    cafile: own('cafile'),
    requiresCertificate: listener.requireCertificate,
    namesByIdentity: listener.useIdentityAsUsername || listener.useSubjectAsUsername,
    hasPlugin: listener.plugins.some(({ known }) => known !== 'password_file' && known !== 'acl_file'),
  }
}

/** The line by which a plugin that is built in was given its file. */
function ofPlugin(plugins: readonly PluginConfiguration[], kind: 'password_file' | 'acl_file'): Setting {
  const plugin = plugins.find(({ known }) => known === kind)
  const value = plugin?.options.get(kind)
  const line = plugin?.settings.findLast((setting) => setting.value === value) ?? plugin?.settings[0]
  return value === undefined || line === undefined ? null : { ...lineOf(line)!, value }
}

function lineOf(setting: WrittenSetting | null): Setting {
  return setting === null ? null : { name: setting.option, value: setting.value, file: setting.file, line: setting.line }
}
