// Settings to the CONNECT packet and to the way of reaching the server.
// What the packet means is session/client-connection's; how sockets are opened, client/node's.

import { type Connect, PacketType, type Will } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../wire/mqtt/properties.ts'
import type { ClientSettings, PropertyPacket } from './client-settings.ts'

/** What Mosquitto's clients let the server send before they have acknowledged; -D says otherwise. */
const RECEIVE_MAXIMUM = 20

/** How long a server keeps the session of --reconnect when we never come back. */
const RESUMABLE_SECONDS = 3600

const ID_LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The CONNECT that the flags ask for. `clientId` null = none given. */
export function connectPacket(settings: ClientSettings, clientId: string | null): Connect {
  return {
    type: PacketType.Connect,
    version: settings.version,
    bridge: false,
    cleanStart: settings.cleanStart && !settings.leavesSession,
    keepAlive: settings.keepAlive,
    clientId: clientId ?? '',
    will: willOf(settings),
    userName: settings.userName,
    password: settings.password === null ? null : Buffer.from(settings.password),
    properties: connectProperties(settings),
  }
}

/**
 * The Client Identifier to use. MQTT 3.1 needs one [3.1, section CONNECT], and so does a session that is to be found again: it is made up.
 * Others leave it to the server.
 */
export function chooseClientId(settings: ClientSettings, pid: number): string | null {
  const given = settings.clientId(pid)
  if (given !== null || (settings.version !== 3 && !settings.resumes)) return given
  let id = 'zanzara-'
  while (id.length < 23) id += ID_LETTERS[Math.floor(Math.random() * ID_LETTERS.length)]!
  return id
}

/** What -D added to this kind of packet; nothing before 5.0. */
export function propertiesOf(settings: ClientSettings, packet: PropertyPacket): Properties {
  return settings.version === 5 ? (settings.properties[packet] ?? NO_PROPERTIES) : NO_PROPERTIES
}

function connectProperties(settings: ClientSettings): Properties {
  if (settings.version !== 5) return NO_PROPERTIES
  const { count, resumes, keepsNothing } = settings
  const sessionExpiryInterval = resumes && keepsNothing ? RESUMABLE_SECONDS : settings.sessionExpiryInterval
  const given = propertiesOf(settings, 'connect')
  // Whoever wants few messages lets few come at once.
  const receiveMaximum = settings.tool === 'sub' && count !== null && count < RECEIVE_MAXIMUM ? count : RECEIVE_MAXIMUM
  return {
    ...given,
    ...(sessionExpiryInterval === null ? {} : { sessionExpiryInterval }),
    ...(given.receiveMaximum === undefined ? { receiveMaximum } : {}),
  }
}

function willOf(settings: ClientSettings): Will | null {
  const { topicName, payload, qos, retain } = settings.will
  if (topicName === null) return null
  return { topicName, payload: Buffer.from(payload ?? ''), qos, retain, properties: propertiesOf(settings, 'will') }
}
