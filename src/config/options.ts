// All options of the configuration file in one index: every name, its section, its row.
// A new option is a row in the table of its section; what opens sections is parse.ts' affair and only described here.

import { BRIDGE_OPTIONS } from './bridge-options.ts'
import { BROKER_OPTIONS } from './broker-options.ts'
import type { BridgeDraft, BrokerDraft, PluginDraft, SecurityDraft } from './drafts.ts'
import { LISTENER_OPTIONS, type ListenerRow } from './listener-options.ts'
import { LOG_OPTIONS } from './log-options.ts'
import type { Head, Row } from './option.ts'
import { OWN_OPTIONS } from './own-options.ts'
import { SECURITY_OPTIONS } from './security-options.ts'

/** Where an option stands: `security` is for the broker or, with per_listener_settings, for a listener; `structure` opens sections or reads files. */
export type Option =
  | { readonly scope: 'broker'; readonly row: Row<BrokerDraft> }
  | { readonly scope: 'security'; readonly row: Row<SecurityDraft> }
  | { readonly scope: 'listener'; readonly row: ListenerRow }
  | { readonly scope: 'bridge'; readonly row: Row<BridgeDraft> }
  | { readonly scope: 'plugin'; readonly row: Row<PluginDraft> }
  | { readonly scope: 'structure'; readonly row: Head & { readonly section: 'broker' | 'listener' | 'bridge' | 'plugin' } }

const PLUGIN_OPTIONS: readonly Row<PluginDraft>[] = [
  {
    name: 'auth_plugin_deny_special_chars',
    kind: 'boolean',
    default: 'true',
    reload: false,
    meaning: 'Refuse clients with + or # in their user name or Client Identifier before the plugin is asked.',
    set: (plugin, value) => void (plugin.denySpecialCharacters = value),
  },
]

const STRUCTURE: readonly Extract<Option, { scope: 'structure' }>['row'][] = [
  {
    name: 'bind_address',
    section: 'listener',
    default: '',
    reload: false,
    deprecated: '',
    meaning: 'Address of the default listener, for the network then; all unless given. Better: listener.',
  },
  { name: 'connection', section: 'bridge', default: '', reload: true, meaning: 'Begins a bridge with this name; its options follow.' },
  {
    name: 'global_plugin',
    section: 'plugin',
    default: '',
    reload: false,
    meaning: 'File of a plugin that all listeners ask, with per_listener_settings too; its options follow.',
  },
  {
    name: 'include_dir',
    section: 'broker',
    default: '',
    reload: true,
    meaning: 'Read all files *.conf of this folder here, in the order of their names; only from the main file.',
  },
  {
    name: 'listener',
    section: 'listener',
    default: '',
    reload: false,
    meaning: 'Begins a listener: PORT [ADDRESS], or 0 and the path of a Unix socket; its options follow.',
  },
  {
    name: 'per_listener_settings',
    section: 'broker',
    default: 'false',
    reload: false,
    deprecated: 'Please see the documentation for how to achieve the same effect.',
    meaning: 'Options of security belong to the listener above them; must come before them.',
  },
  {
    name: 'plugin',
    aliases: ['auth_plugin'],
    section: 'plugin',
    default: '',
    reload: false,
    meaning: 'File of a plugin; its options follow. Known ones are built in: dynamic_security, acl_file, password_file, persist_sqlite, sparkplug_aware.',
  },
  { name: 'plugin_load', section: 'plugin', default: '', reload: false, meaning: 'NAME PATH: a plugin for listeners that say plugin_use; its options follow.' },
  {
    name: 'plugin_opt_*',
    aliases: ['auth_opt_*'],
    section: 'plugin',
    default: '',
    reload: false,
    meaning: 'Option of the plugin above; its name is what follows plugin_opt_.',
  },
  { name: 'plugin_use', section: 'listener', repeats: true, default: '', reload: false, meaning: 'This listener asks the plugin of that name.' },
  {
    name: 'port',
    section: 'listener',
    default: '1883',
    reload: false,
    deprecated: "Please use 'listener' instead.",
    meaning: 'Port of the default listener, for the network then. Better: listener.',
  },
]

/** All of them, by name. */
export const OPTIONS: readonly Option[] = [
  ...[...BROKER_OPTIONS, ...LOG_OPTIONS, ...OWN_OPTIONS].map((row): Option => ({ scope: 'broker', row })),
  ...SECURITY_OPTIONS.map((row): Option => ({ scope: 'security', row })),
  ...LISTENER_OPTIONS.map((row): Option => ({ scope: 'listener', row })),
  ...BRIDGE_OPTIONS.map((row): Option => ({ scope: 'bridge', row })),
  ...PLUGIN_OPTIONS.map((row): Option => ({ scope: 'plugin', row })),
  ...STRUCTURE.map((row): Option => ({ scope: 'structure', row })),
].sort((a, b) => (a.row.name < b.row.name ? -1 : 1))

/** Names and aliases. */
export function indexOfOptions(): ReadonlyMap<string, Option> {
  return new Map(OPTIONS.flatMap((option) => [option.row.name, ...(option.row.aliases ?? [])].map((name) => [name, option] as const)))
}

/** The option that a word of the file means: plugin options by their beginning. */
export function findOption(index: ReadonlyMap<string, Option>, name: string): Option | undefined {
  return index.get(name) ?? (/^(?:plugin|auth)_opt_/.test(name) ? index.get('plugin_opt_*') : undefined)
}
