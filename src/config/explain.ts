// A configuration told option by option: value, where it comes from, what it means; listeners, bridges and plugins as sections.
// Data only: cli/config-explain.ts prints it.

import type { BridgeConfiguration, PluginConfiguration } from './bridge-configuration.ts'
import type { Configuration, ListenerConfiguration } from './configuration.ts'
import type { Head } from './option.ts'
import { OPTIONS, type Option } from './options.ts'
import { decidingSetting, type Origin, type Setting, settingOf } from './settings.ts'

export interface ExplainedOption {
  readonly name: string
  /** As written, or the default; '' = none. Passwords and keys are not told. */
  readonly value: string
  /** Null = nobody wrote it, the default holds. */
  readonly at: Origin | null
  readonly meaning: string
}

export interface ExplainedSection {
  readonly kind: 'broker' | 'listener' | 'bridge' | 'plugin'
  readonly title: string
  readonly options: readonly ExplainedOption[]
}

/** What stands for a secret. */
const HIDDEN = '(hidden)'

/** Every section with every option that may stand in it, alphabetically. */
export function explain(configuration: Configuration): ExplainedSection[] {
  const { listeners, localOnly, bridges, allPlugins } = configuration
  return [
    explainBroker(configuration),
    ...(localOnly === null ? listeners : [localOnly]).map((listener) => explainListener(configuration, listener)),
    ...bridges.map(explainBridge),
    ...allPlugins.map(explainPlugin),
  ]
}

/** The kinds of section in which an option may stand. */
export function sectionsOf({ scope, row }: Option): readonly ExplainedSection['kind'][] {
  if (scope === 'structure') return [row.section]
  return scope === 'security' ? ['broker', 'listener'] : [scope]
}

function explainBroker(configuration: Configuration): ExplainedSection {
  const rows = rowsOf('broker', (option) => option.scope === 'security' && !configuration.perListenerSettings)
  const effective = { allow_anonymous: { value: `${configuration.allowAnonymous}`, at: null } }
  return { kind: 'broker', title: 'Whole broker', options: tell(rows, configuration.settings, effective) }
}

function explainListener(configuration: Configuration, listener: ListenerConfiguration): ExplainedSection {
  const { perListenerSettings } = configuration
  const prefix = decidingSetting(configuration, listener, 'auto_id_prefix')
  const anonymous = { value: `${listener.allowAnonymous}`, at: decidingSetting(configuration, listener, 'allow_anonymous') }
  const isOpened = settingOf(listener.settings, 'listener') !== null
  const rows = rowsOf('listener', (option) => option.scope === 'security' && perListenerSettings).filter(
    ({ name }) => (name !== 'listener' || isOpened) && (!['port', 'bind_address'].includes(name) || !isOpened),
  )
  return {
    kind: 'listener',
    title: listenerTitle(configuration, listener),
    options: tell(rows, listener.settings, {
      allow_anonymous: { value: `${listener.allowAnonymous}`, at: null },
      listener_allow_anonymous: anonymous,
      listener_auto_id_prefix: { value: prefix?.value ?? 'auto-', at: prefix },
    }),
  }
}

function listenerTitle({ localOnly }: Configuration, { port, host, unixPath, protocol }: ListenerConfiguration): string {
  if (localOnly !== null) return `Local listeners: port ${port} of 127.0.0.1 and ::1, because no listener is written`
  if (unixPath !== null) return `Listener: Unix socket ${unixPath}, ${protocol}`
  return `Listener: port ${port} of ${host ?? 'all addresses'}, ${protocol}`
}

function explainBridge(bridge: BridgeConfiguration): ExplainedSection {
  const effective = {
    local_cleansession: { value: `${bridge.localCleanSession}`, at: settingOf(bridge.settings, 'cleansession') },
    local_clientid: { value: bridge.localClientId, at: null },
    remote_clientid: { value: bridge.remoteClientId, at: null },
  }
  return { kind: 'bridge', title: `Bridge: ${bridge.name}`, options: tell(rowsOf('bridge'), bridge.settings, effective) }
}

function explainPlugin(plugin: PluginConfiguration): ExplainedSection {
  const rows = rowsOf('plugin')
  const meaningOf = (option: string): string => (rows.find(({ name }) => name === option) ?? rows.find(({ name }) => name === 'plugin_opt_*'))!.meaning
  const deny = rows.filter(({ name }) => name === 'auth_plugin_deny_special_chars')
  const options = plugin.settings
    .filter(({ option }) => option !== 'auth_plugin_deny_special_chars')
    .map((setting) => ({ name: setting.option, value: isSecret(setting.option) ? HIDDEN : setting.value, at: setting, meaning: meaningOf(setting.option) }))
  const title = `Plugin: ${plugin.known === null ? `${plugin.path} (unknown)` : `${plugin.known} (built in)`}`
  return { kind: 'plugin', title, options: [...options, ...tell(deny, plugin.settings, {})] }
}

/** Plugins name their options themselves. */
function isSecret(option: string): boolean {
  return /pass|secret|token|key/.test(option) && !option.endsWith('_file')
}

function rowsOf(kind: ExplainedSection['kind'], isAlso: (option: Option) => boolean = () => false): Head[] {
  return OPTIONS.filter((option) => (option.scope !== 'security' && sectionsOf(option).includes(kind)) || isAlso(option)).map(({ row }) => row)
}

/** `effective` = what holds when the option itself is not written and its default depends on others. */
function tell(
  rows: readonly Head[],
  settings: readonly Setting[],
  effective: Readonly<Record<string, { readonly value: string; readonly at: Origin | null }>>,
): ExplainedOption[] {
  return rows.flatMap(({ name, meaning, secret, repeats, default: usual }) => {
    const written = settings.filter(({ option }) => option === name)
    if (written.length === 0) {
      const { value, at } = Object.hasOwn(effective, name) ? effective[name]! : { value: usual, at: null }
      return [{ name, value, at, meaning }]
    }
    return (repeats === true ? written : written.slice(-1)).map((setting) => ({ name, value: secret === true ? HIDDEN : setting.value, at: setting, meaning }))
  })
}
