// Settings to the CONNECT packet and to the way of reaching the server.
// What the packet means is session/client-connection's; how sockets are opened, client/node's.

import { type Connect, PacketType, type Will } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../wire/mqtt/properties.ts'
import type { ClientSettings, PropertyPacket } from './client-settings.ts'

const ID_LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The CONNECT that the flags ask for. `clientId` null = none given. */
export function connectPacket(settings: ClientSettings, clientId: string | null): Connect {
  return {
    type: PacketType.Connect,
    version: settings.version,
    bridge: false,
    cleanStart: settings.cleanStart,
    keepAlive: settings.keepAlive,
    clientId: clientId ?? '',
    will: willOf(settings),
    userName: settings.userName,
    password: settings.password === null ? null : Buffer.from(settings.password),
    properties: connectProperties(settings),
  }
}

/** The Client Identifier to use: MQTT 3.1 needs one, so it is made up [3.1, section CONNECT]; later versions ask the server. */
export function chooseClientId(settings: ClientSettings, pid: number): string | null {
  const given = settings.clientId(pid)
  if (given !== null || settings.version !== 3) return given
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
  const { sessionExpiryInterval, count } = settings
  return {
    ...propertiesOf(settings, 'connect'),
    ...(sessionExpiryInterval === null ? {} : { sessionExpiryInterval }),
    // Whoever wants few messages lets few come at once.
    ...(settings.tool === 'sub' && count !== null && count < 20 ? { receiveMaximum: count } : {}),
  }
}

function willOf(settings: ClientSettings): Will | null {
  const { topicName, payload, qos, retain } = settings.will
  if (topicName === null) return null
  return { topicName, payload: Buffer.from(payload ?? ''), qos, retain, properties: propertiesOf(settings, 'will') }
}
