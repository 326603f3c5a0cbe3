// What has been read so far and what the next line belongs to: the current listener, bridge and plugin of the file.
// Fed by parse.ts line by line; resolve.ts makes a Configuration of it.

import type { LogType } from '../base/log.ts'
import { ConfigError, type ConfigurationNote } from './configuration.ts'
import {
  type BridgeDraft,
  type BrokerDraft,
  type ListenerDraft,
  newBridge,
  newBroker,
  newListener,
  newPlugin,
  type PluginDraft,
  type SecurityDraft,
} from './drafts.ts'
import type { ListenerRow } from './listener-options.ts'
import { applyRow, deprecation, type LineContext, type Row } from './option.ts'
import { findOption, indexOfOptions, type Option } from './options.ts'
import type { Origin, Setting } from './settings.ts'
import { boolean, integer, text, word } from './values.ts'

/** That of the default listener. */
export const DEFAULT_PORT = 1883

/** What a file has opened. */
interface Current {
  listener: ListenerDraft | null
  bridge: BridgeDraft | null
  plugin: PluginDraft | null
}

export class Sections {
  readonly broker: BrokerDraft = newBroker()
  /** In the order in which they were opened, the default one too. */
  readonly listeners: ListenerDraft[] = []
  readonly bridges: BridgeDraft[] = []
  readonly plugins: PluginDraft[] = []
  readonly notes: ConfigurationNote[] = []
  readonly files: string[] = []
  /** Nothing has said where to listen. */
  isLocal = true
  perListenerSettings = false
  readonly #options: ReadonlyMap<string, Option> = indexOfOptions()
  #hasSecurity = false
  /** Made by `port`, `bind_address` or an option without a listener. */
  #default: ListenerDraft | null = null
  #current: Current = { listener: null, bridge: null, plugin: null }
  #at: Origin = { file: '', line: 0 }

  openFile(file: string): void {
    this.files.push(file)
  }

  /** The line that what follows belongs to. */
  at(origin: Origin): void {
    this.#at = origin
  }

  /** Reads an included file; afterwards the lines of the including one belong to what they did. */
  including(read: () => void): void {
    const [current, at] = [this.#current, this.#at]
    this.#current = { listener: null, bridge: null, plugin: null }
    read()
    this.#current = current
    this.#at = at
  }

  note(type: LogType, sentence: string): void {
    this.notes.push({ type, text: sentence, at: this.#at })
  }

  /** Keeps where an option was written, for the whole broker unless a section is given. */
  record(option: string, value: string, settings: Setting[] = this.broker.settings): void {
    settings.push({ option, value, ...this.#at })
  }

  /** One line. @throws ConfigError */
  set(name: string, value: string): void {
    const option = findOption(this.#options, name)
    if (option === undefined) throw new ConfigError(`Unknown configuration variable '${name}'.`)
    switch (option.scope) {
      case 'broker':
        this.#apply(option.row, this.broker, name, value)
        break
      case 'security':
        this.#apply(option.row, this.#security(name), name, value)
        break
      case 'listener':
        this.#apply(option.row, this.#listenerFor(option.row, name), name, value)
        break
      case 'bridge':
        if (this.#current.bridge === null) throw new ConfigError(`The '${name}' option requires a bridge to be defined first.`)
        this.#apply(option.row, this.#current.bridge, name, value)
        break
      case 'plugin':
        if (this.#current.plugin === null) throw new ConfigError(`An ${name} option exists in the config file without a plugin.`)
        this.#apply(option.row, this.#current.plugin, name, value)
        break
      case 'structure':
        if (option.row.deprecated !== undefined) this.note('notice', deprecation(name, option.row.deprecated))
        this.#structure(option.row.name, name, value)
    }
  }

  #apply<T extends { readonly settings: Setting[] }>(row: Row<T>, target: T, name: string, value: string): void {
    const line: LineContext = { name, perListenerSettings: this.perListenerSettings, note: (type, sentence) => this.note(type, sentence) }
    applyRow(row, target, target.settings, value, line)
    this.record(row.name, value, target.settings)
  }

  #structure(option: string, name: string, value: string): void {
    switch (option) {
      case 'listener':
        this.#openListener(value)
        break
      case 'port':
        this.#setDefaultPort(value)
        break
      case 'bind_address':
        this.#setBindAddress(value)
        break
      case 'connection':
        this.#openBridge(value)
        break
      case 'per_listener_settings':
        this.#setPerListenerSettings(value)
        break
      case 'plugin_load':
        this.#loadPlugin(value)
        break
      case 'plugin_use':
        this.#usePlugin(value)
        break
      case 'plugin_opt_*':
        this.#setPluginOption(name, value)
        break
      default: {
        const security = option === 'global_plugin' ? this.broker : this.#security(name)
        this.#hasSecurity = true
        security.plugins.push(this.#openPlugin(null, value, name))
      }
    }
  }

  #openListener(value: string): void {
    this.isLocal = false
    const port = integer('listener port', value)
    if (port < 0 || port > 65535) throw new ConfigError(`Invalid 'port' value (${port}).`)
    const [, place = ''] = value.split(/ +/)
    const address = place.startsWith('#') ? '' : place
    const listener = newListener(port)
    if (port === 0) {
      if (address === '') throw new ConfigError('A listener with port 0 must provide a Unix socket path.')
      listener.unixPath = address
    } else if (address !== '') listener.host = address
    this.listeners.push(listener)
    this.#current.listener = listener
    this.record('listener', value, listener.settings)
  }

  #setDefaultPort(value: string): void {
    const listener = this.#defaultListener('port')
    this.#current.listener = listener
    // also at the first time, as Mosquitto 2.1 does: it counts the port that the listener was made with
    this.note('warning', 'Warning: Default listener port specified multiple times. Only the latest will be used.')
    const port = integer('port', value)
    if (port < 1 || port > 65535) throw new ConfigError(`Invalid 'port' value (${port}).`)
    listener.port = port
    this.isLocal = false
    this.record('port', value, listener.settings)
  }

  #setBindAddress(value: string): void {
    const listener = this.#defaultListener('bind_address')
    this.#current.listener = listener
    if (value !== '' && listener.host !== null) throw new ConfigError("Duplicate 'default listener bind_address' value in configuration.")
    listener.host = text('default listener bind_address', value)
    this.isLocal = false
    this.record('bind_address', value, listener.settings)
  }

  #openBridge(value: string): void {
    const name = word('connection', value)
    if (this.bridges.some((bridge) => bridge.name === name)) throw new ConfigError(`Duplicate bridge name '${name}'.`)
    const bridge = newBridge(name)
    this.bridges.push(bridge)
    this.#current.bridge = bridge
    this.record('connection', value, bridge.settings)
  }

  /** Once true it stays true. */
  #setPerListenerSettings(value: string): void {
    if (this.perListenerSettings) return
    this.perListenerSettings = boolean('per_listener_settings', value)
    if (this.#hasSecurity && this.perListenerSettings) throw new ConfigError('per_listener_settings must be set before any other security settings.')
    this.record('per_listener_settings', value)
  }

  #loadPlugin(value: string): void {
    const name = word('plugin_load', value)
    this.#openPlugin(name, value.slice(name.length).trim(), 'plugin_load')
  }

  #openPlugin(name: string | null, path: string, option: string): PluginDraft {
    if (name !== null && this.plugins.some((plugin) => plugin.name === name)) throw new ConfigError(`Duplicate plugin name '${name}'.`)
    if (path === '') throw new ConfigError(`Missing plugin path for plugin name '${name ?? '(null)'}'.`)
    const plugin = newPlugin(name, path)
    this.plugins.push(plugin)
    this.#current.plugin = plugin
    this.record(option, name === null ? path : `${name} ${path}`, plugin.settings)
    return plugin
  }

  #usePlugin(value: string): void {
    const { listener } = this.#current
    if (listener === null || listener === this.#default) throw new ConfigError("The 'plugin_use' option requires a listener to be defined first.")
    const name = text('plugin_use', value)
    const plugin = this.plugins.find((loaded) => loaded.name === name)
    if (plugin === undefined) throw new ConfigError(`Plugin '${name}' not previously loaded.`)
    this.#current.plugin = plugin
    listener.plugins.push(plugin)
    this.record('plugin_use', value, listener.settings)
  }

  #setPluginOption(name: string, value: string): void {
    const { plugin } = this.#current
    if (plugin === null) throw new ConfigError(`The '${name}' option requires plugin/global_plugin/plugin_load to be defined first.`)
    const key = name.slice(name.indexOf('_opt_') + '_opt_'.length)
    if (key === '') throw new ConfigError("Invalid 'plugin_opt_' config option.")
    plugin.options.set(key, text(key, value))
    this.record(`plugin_opt_${key}`, value, plugin.settings)
  }

  /** What an option of security is for. */
  #security(name: string): SecurityDraft {
    const { listener } = this.#current
    if (this.perListenerSettings && listener === null) throw new ConfigError(`The '${name}' option requires a listener to be defined first.`)
    this.#hasSecurity = true
    return this.perListenerSettings ? listener! : this.broker
  }

  #listenerFor({ needs }: ListenerRow, name: string): ListenerDraft {
    const { listener } = this.#current
    if (needs === 'nothing' && listener === null) return (this.#current.listener = this.#defaultListener(name))
    if (listener === null || (needs === 'a listener of its own' && listener === this.#default))
      throw new ConfigError(`The '${name}' option requires a listener to be defined first.`)
    return listener
  }

  #defaultListener(because: string): ListenerDraft {
    if (this.#default === null) {
      this.note('information', `Creating default listener due to '${because}' option.`)
      this.note(
        'information',
        `It is best practice to define a 'listener' first. Using the '${because}' option without a listener will be disabled in the future.`,
      )
      this.#default = newListener(DEFAULT_PORT)
      this.listeners.push(this.#default)
    }
    return this.#default
  }
}
