// From what was read to what holds: defaults that depend on other lines, and the checks that need the whole file.
// Mosquitto names no line for these errors; `about` says where to look.

import { hostname } from 'node:os'
import { DEFAULT_LIMITS } from '../broker/limits.ts'
import { hasWildcard } from '../wire/mqtt/topics.ts'
import type { BridgeConfiguration } from './bridge-configuration.ts'
import { ConfigError, type Configuration, type ConfigurationNote, type ListenerConfiguration, type PersistenceConfiguration } from './configuration.ts'
import { type BridgeDraft, type ListenerDraft, newListener } from './drafts.ts'
import { DEFAULT_PORT, type Sections } from './sections.ts'
import { type Setting, settingOf } from './settings.ts'
import { checkLength } from './values.ts'

/** Environment variables that go before options: MOSQUITTO_PERSISTENCE_LOCATION. */
export type ConfigurationEnvironment = Readonly<Record<string, string | undefined>>

/** Plugins that are recognised, and change nothing. */
export const IDLE_PLUGINS: ReadonlySet<string | null> = new Set(['persist_sqlite', 'sparkplug_aware'])
const NO_AUTOSAVE =
  "Info: 'autosave_interval' and 'autosave_on_changes' have no effect: what clients are told is stored when they are told ('persistence_sync')."

/** @throws ConfigError */
export function resolve(sections: Sections, environment: ConfigurationEnvironment): Configuration {
  const { broker, perListenerSettings, isLocal } = sections
  // an option above the first `listener` has opened the default one, which then listens too, as in Mosquitto
  const own = isLocal ? [] : sections.listeners
  const local = isLocal ? (sections.listeners[0] ?? newListener(DEFAULT_PORT)) : null
  const bridges = bridgesOf(sections.bridges)
  for (const bridge of bridges) checkNames(bridge, broker.limits.maximumTopicLevels ?? DEFAULT_LIMITS.maximumTopicLevels)
  const notes = [...sections.notes]
  for (const listener of local === null ? own : [local]) notes.push(...checkListener(listener))
  const allowAnonymous = broker.allowAnonymous ?? isLocal
  // with per_listener_settings nothing of this is written for the whole broker, without it nothing for a listener but what listener_… says
  const settle = (listener: ListenerDraft): ListenerConfiguration => ({
    ...listener,
    allowAnonymous: listener.allowAnonymous ?? allowAnonymous,
    passwordFile: listener.passwordFile ?? broker.passwordFile,
    aclFile: listener.aclFile ?? broker.aclFile,
    pskFile: listener.pskFile ?? broker.pskFile,
    plugins: [...broker.plugins, ...listener.plugins],
  })
  const settings = [...broker.settings]
  const persistence = persistenceOf(sections, environment, settings)
  for (const { known, path, settings: lines } of sections.plugins)
    if (IDLE_PLUGINS.has(known)) notes.push({ type: 'warning', text: `Warning: The plugin '${path}' is not in force in this version.`, at: lines[0] ?? null })
  const autosave = settingOf(settings, 'autosave_interval') ?? settingOf(settings, 'autosave_on_changes')
  if (persistence.enabled && autosave !== null) notes.push({ type: 'information', text: NO_AUTOSAVE, at: autosave })
  return {
    ...broker,
    listeners: own.map(settle),
    localOnly: local === null ? null : settle(local),
    perListenerSettings,
    allowAnonymous,
    persistence,
    bridges,
    allPlugins: sections.plugins,
    notes,
    settings,
    files: sections.files,
  }
}

function persistenceOf({ broker }: Sections, environment: ConfigurationEnvironment, settings: Setting[]): PersistenceConfiguration {
  const variable = 'MOSQUITTO_PERSISTENCE_LOCATION'
  const given = environment[variable]
  if (given !== undefined) settings.push({ option: 'persistence_location', value: given, file: `environment ${variable}`, line: 0 })
  const location = given ?? broker.persistence.location
  const { file } = broker.persistence
  return { ...broker.persistence, location, path: location === null || location === '' ? file : `${location}/${file}` }
}

/** Fills in Client Identifiers; each bridge needs its own on this broker. */
function bridgesOf(drafts: readonly BridgeDraft[]): BridgeConfiguration[] {
  for (const draft of drafts) checkBridge(draft)
  const bridges = drafts.map((draft) => {
    const remoteClientId = draft.remoteClientId ?? `${hostname()}.${draft.name}`
    const localClientId = draft.localClientId ?? `local.${remoteClientId}`
    return { ...draft, remoteClientId, localClientId, localCleanSession: draft.localCleanSession ?? draft.cleanSession }
  })
  const seen = new Set<string>()
  for (const { localClientId, settings } of bridges) {
    if (seen.has(localClientId))
      throw refusal(
        `Bridge local_clientid '${localClientId}' is not unique. Try changing or setting the local_clientid value for one of the bridges.`,
        settings,
      )
    seen.add(localClientId)
  }
  return bridges
}

function checkBridge({ addresses, topics, psk, pskIdentity, settings }: BridgeDraft): void {
  if (addresses.length === 0) throw refusal('Invalid bridge configuration: no remote addresses defined.', settings)
  if (topics.length === 0) throw refusal('Invalid bridge configuration: no topics defined.', settings)
  if (psk !== null && pskIdentity === null) throw refusal('Invalid bridge configuration: missing bridge_identity.', settings)
  if (pskIdentity !== null && psk === null) throw refusal('Invalid bridge configuration: missing bridge_psk.', settings)
}

/** What a bridge calls itself goes into packets, of our own broker first: names that fit into none would end it when the bridge starts. */
function checkNames({ remoteClientId, localClientId, notifications, notificationTopic, settings }: BridgeConfiguration, maximumLevels: number): void {
  const identity = settingOf(settings, 'remote_clientid') ?? settings[0]!
  const named = (option: string, value: string): void => {
    try {
      checkLength(option, value)
    } catch (error) {
      throw refusal((error as ConfigError).message, [settingOf(settings, option) ?? identity])
    }
  }
  named('remote_clientid', remoteClientId)
  named('local_clientid', localClientId)
  if (!notifications) return
  const topic = notificationTopic ?? `$SYS/broker/connection/${remoteClientId}/state`
  named('notification_topic', topic)
  const at = [settingOf(settings, 'notification_topic') ?? identity]
  if (hasWildcard(topic)) throw refusal(`Invalid 'notification_topic' value (${topic}). Does it contain a wildcard character?`, at)
  const levels = topic.split('/').length
  if (levels > maximumLevels) throw refusal(`'notification_topic' has ${levels} levels, at most ${maximumLevels}.`, at)
}

/** Refuses what cannot work or would let in more than was meant; returns what is worth a warning. */
function checkListener(listener: ListenerDraft): ConfigurationNote[] {
  const { certfile, keyfile, cafile, capath, pskHint, settings, requireCertificate } = listener
  if ((certfile === null) !== (keyfile === null)) throw refusal('Both certfile and keyfile must be provided to enable a TLS listener.', settings)
  if (cafile !== null && certfile === null) throw refusal('cafile specified without certfile and keyfile.', settings)
  if (capath !== null && certfile === null) throw refusal('capath specified without certfile and keyfile.', settings)
  if (listener.hasConsole && (listener.protocol !== 'websockets' || listener.unixPath !== null))
    throw refusal("'console true' needs a listener with a port and `protocol websockets`.", settings)
  if (listener.protocol === 'http_api' && listener.unixPath !== null) throw refusal('`protocol http_api` needs a listener with a port.', settings)
  if (listener.proxyProtocol === 2) {
    if (listener.useSubjectAsUsername) throw refusal('use_subject_as_username cannot be used with `enable_proxy_protocol 2`.', settings)
    if (certfile !== null) throw refusal('certfile and keyfile cannot be used with `enable_proxy_protocol 2`.', settings)
  }
  // Mosquitto would open a listener without TLS here, for everybody
  const isBehindProxy = listener.proxyProtocol === 2 // version 1 says nothing of certificates
  if (requireCertificate && pskHint === null && !isBehindProxy) {
    if (certfile === null) throw refusal('Both certfile and keyfile must be provided to enable a TLS listener.', settings)
    if (cafile === null && capath === null) throw refusal("'require_certificate' needs a 'cafile' to check certificates against.", settings)
  }
  const names = ['use_identity_as_username', 'use_subject_as_username'].filter((_, i) => [listener.useIdentityAsUsername, listener.useSubjectAsUsername][i])
  if (names.length === 0 || requireCertificate || pskHint !== null || isBehindProxy) return []
  const text = `Warning: '${names[0]}' without 'require_certificate true': clients are not asked for a certificate, so nobody can connect to this listener.`
  return [{ type: 'warning', text, at: settingOf(settings, names[0]!) }]
}

function refusal(message: string, settings: readonly Setting[]): ConfigError {
  return new ConfigError(message, settings[0]?.file ?? '', 0, { about: settings[0] ?? null })
}
