// Connections of other programs, read from their files: MQTTX's export (JSON) and MQTT Explorer's settings.json.
// Pure, and trusting nothing: a file may hold anything. What has no place here is named; passwords are never taken.

import type { Qos, RetainHandling } from '../../../wire/mqtt/packet.ts'
import { isTopicFilter } from '../../../wire/mqtt/topics.ts'
import { DEFAULT_SUBSCRIPTION, EMPTY_PROFILE } from '../../state/connections.ts'
import type { Profile, SubscriptionOptions } from '../../worker/protocol.ts'

/** What of a connection is not taken over. */
export type LeftOut = 'password' | 'certificates' | 'unchecked' | 'will' | 'properties' | 'filters' | 'messages'

export interface ForeignProfile {
  readonly name: string
  /** `mqtts://host:8883`, for people to know it again. */
  readonly address: string
  /** Null: it cannot be used here. */
  readonly profile: Profile | null
  /** Why not. */
  readonly problem: 'transport' | 'address' | null
  readonly left: readonly LeftOut[]
}

export interface ForeignProfiles {
  readonly program: 'MQTTX' | 'MQTT Explorer'
  readonly profiles: readonly ForeignProfile[]
}

/** Bytes of a file that is read. */
export const MOST_IMPORTED: number = 64 * 1024 * 1024
/** Connections of a file, and folders in folders. */
const MOST_PROFILES = 1000
const DEEPEST = 20
const VERSIONS: Readonly<Record<string, Profile['version']>> = { '3.1': 3, '3.1.1': 4, '5.0': 5 }
/** What both programs begin with. */
const KEEP_ALIVE = 60

type Fields = Readonly<Record<string, unknown>>

/** Null: it is neither file. */
export function readForeignProfiles(text: string): ForeignProfiles | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  const explorer = isFields(value) ? value['ConnectionManager_connections'] : undefined
  if (isFields(explorer)) return { program: 'MQTT Explorer', profiles: Object.values(explorer).filter(isFields).slice(0, MOST_PROFILES).map(ofExplorer) }
  const connections = connectionsIn(value, 0).slice(0, MOST_PROFILES)
  return connections.length === 0 ? null : { program: 'MQTTX', profiles: connections.map(ofMqttx) }
}

/** MQTTX's connections, out of their folders. */
function connectionsIn(value: unknown, depth: number): Fields[] {
  if (!Array.isArray(value) || depth > DEEPEST) return []
  return value
    .filter(isFields)
    .flatMap((one) =>
      Array.isArray(one['children']) ? connectionsIn(one['children'], depth + 1) : textOf(one['host']) !== '' && 'clientId' in one ? [one] : [],
    )
}

function ofMqttx(from: Fields): ForeignProfile {
  const isSecure = from['ssl'] === true
  const protocol = textOf(from['protocol']) || (isSecure ? 'mqtts' : 'mqtt')
  const { subscriptions, isWhole } = filtersOf(from['subscriptions'], (one) => ({
    noLocal: one['nl'] === true,
    retainAsPublished: one['rap'] === true,
    retainHandling: ([0, 1, 2] as const).find((n) => n === one['rh']) ?? (0 as RetainHandling),
  }))
  const will = from['will']
  const left: LeftOut[] = [
    ...leftOf({
      password: textOf(from['password']) !== '',
      certificates: ['ca', 'cert', 'key'].some((name) => textOf(from[name]) !== ''),
      unchecked: isSecure && from['rejectUnauthorized'] === false,
      will: isFields(will) && textOf(will['lastWillTopic']) !== '',
      properties: isFields(from['properties']) && Object.values(from['properties']).some((value) => value !== null && value !== '' && value !== undefined),
      filters: !isWhole,
      messages: Array.isArray(from['messages']) && from['messages'].length > 0,
    }),
  ]
  return made(from, protocol, textOf(from['path']), textOf(from['username']), left, {
    version: VERSIONS[textOf(from['mqttVersion'])] ?? 4,
    cleanStart: from['clean'] !== false,
    keepAlive: secondsOf(from['keepalive']),
    subscriptions,
  })
}

function ofExplorer(from: Fields): ForeignProfile {
  const isSecure = from['encryption'] === true
  const protocol = `${textOf(from['protocol']) || 'mqtt'}${isSecure ? 's' : ''}`
  const { subscriptions, isWhole } = filtersOf(from['subscriptions'], () => ({}))
  const left = leftOf({
    password: textOf(from['password']) !== '',
    certificates: ['selfSignedCertificate', 'clientCertificate', 'clientKey'].some((name) => isFields(from[name])),
    unchecked: isSecure && from['certValidation'] === false,
    filters: !isWhole,
  })
  return made(from, protocol, textOf(from['basePath']), textOf(from['username']), left, { version: 4, cleanStart: true, keepAlive: KEEP_ALIVE, subscriptions })
}

function made(
  from: Fields,
  protocol: string,
  path: string,
  userName: string,
  left: readonly LeftOut[],
  rest: Pick<Profile, 'version' | 'cleanStart' | 'keepAlive' | 'subscriptions'>,
): ForeignProfile {
  const host = textOf(from['host'])
  const port = Number(from['port'])
  const authority = `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`
  const isWebSocket = protocol === 'ws' || protocol === 'wss'
  const address = `${protocol}://${authority}${isWebSocket ? `/${path.replace(/^\/+/, '')}` : ''}`
  const name = textOf(from['name']) || host
  if (!isWebSocket) return { name, address, profile: null, problem: 'transport', left: [] }
  if (/[\s/@?#\\]/.test(host) || !Number.isInteger(port) || port < 1 || port > 65_535 || !isAddress(address))
    return { name, address, profile: null, problem: 'address', left: [] }
  const profile: Profile = { ...EMPTY_PROFILE, ...rest, name, url: address, clientId: textOf(from['clientId']), userName }
  return { name, address, profile, problem: null, left }
}

/** `isWhole`: none was left out. */
function filtersOf(
  value: unknown,
  options: (one: Fields) => Partial<SubscriptionOptions>,
): { readonly subscriptions: SubscriptionOptions[]; readonly isWhole: boolean } {
  const listed = Array.isArray(value) ? value.map((one) => (typeof one === 'string' ? { topic: one } : one)).filter(isFields) : []
  const found = new Map<string, SubscriptionOptions>()
  for (const one of listed) {
    const filter = textOf(one['topic'])
    if (one['disabled'] === true || !isTopicFilter(filter)) continue
    const qos: Qos = ([0, 1, 2] as const).find((n) => n === one['qos']) ?? 0
    found.set(filter, { ...DEFAULT_SUBSCRIPTION, filter, qos, ...options(one) })
  }
  return { subscriptions: [...found.values()], isWhole: found.size === listed.length }
}

function leftOf(is: Partial<Record<LeftOut, boolean>>): LeftOut[] {
  return (Object.keys(is) as LeftOut[]).filter((what) => is[what] === true)
}

function secondsOf(value: unknown): number {
  const seconds = Number(value ?? KEEP_ALIVE)
  return Number.isInteger(seconds) && seconds >= 0 && seconds <= 65_535 ? seconds : KEEP_ALIVE
}

function isAddress(text: string): boolean {
  try {
    return new URL(text).hostname !== ''
  } catch {
    return false
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
