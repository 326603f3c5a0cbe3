// The connection of pub and sub: a Connector of client/ set up as the flags say, with -d lines if they are wanted.
// TLS files are read here, so that what cannot be read is said before anything is connected.

import type { MqttError } from '../client/errors.ts'
import { nodeDial, nodeTimers } from '../client/node.ts'
import { Connector, type ConnectorEvents, type Dial, type ReconnectPolicy } from '../client/reconnect.ts'
import { type Connack, PacketType, type ProtocolVersion } from '../wire/mqtt/packet.ts'
import { reasonName } from '../wire/mqtt/reason-codes.ts'
import { chooseClientId, connectPacket } from './client-connect.ts'
import { connectFailure, type Failure, refusalText } from './client-errors.ts'
import type { ClientSettings } from './client-settings.ts'
import { ExitCode } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** Mosquitto's way: again and again, one second apart. */
export const EVERY_SECOND: ReconnectPolicy = { minMs: 1000, maxMs: 1000, jitter: false, retries: Infinity }

/** Makes the connector; `start` it. Throws ArgumentError when a file for TLS cannot be read. */
export async function makeConnector(settings: ClientSettings, io: Terminal, reconnect: ReconnectPolicy | null, events: ConnectorEvents): Promise<Connector> {
  const clientId = chooseClientId(settings, io.pid)
  const dial = await dialOf(settings, io.env)
  return new Connector(
    {
      dial,
      timers: nodeTimers,
      random: Math.random,
      connect: connectPacket(settings, clientId),
      keepConnect: true,
      reconnect,
      maximumInflight: settings.maximumInflight,
      trace: settings.debug ? new (await import('./client-trace.ts')).TraceLines(clientId, (line) => io.stdout.write(line)) : null,
    },
    events,
  )
}

async function dialOf(settings: ClientSettings, env: Terminal['env']): Promise<Dial> {
  const { host, effectivePort: port, unixPath, webSocket, usesTls, localAddress, version } = settings
  const transport = unixPath !== null ? 'unix' : webSocket ? (usesTls ? 'wss' : 'ws') : usesTls ? 'tls' : 'tcp'
  const tls = usesTls ? (await import('./client-tls.ts')).tlsOptions(settings, env) : {}
  return nodeDial({ transport, host, port, path: unixPath ?? '/mqtt' }, tls, {
    ...(localAddress === null ? {} : { localAddress }),
    ...(version === 3 ? { subprotocol: 'mqttv3.1' } : {}),
  })
}

/** `Connection error: …` for a CONNACK that refuses. */
export function refusalLine(connack: Connack, version: ProtocolVersion): string {
  if (version !== 5) return `Connection error: ${refusalText(connack.reasonCode)}`
  const line = `Connection error: ${reasonName(connack.reasonCode, PacketType.Connack)}`
  return connack.reasonCode === 0x84 ? `${line}. Try MQTT 3.1.1: -V 311` : line
}

/** What to say, and to exit with, when the connector gives up. */
export function stopFailure(error: MqttError): Failure {
  switch (error.code) {
    case 'CONNECTION_FAILED':
      return connectFailure(error.cause)
    case 'PROTOCOL_ERROR':
      return { text: `Error: A network protocol error occurred when communicating with the broker: ${error.message}`, exitCode: ExitCode.ProtocolError }
    case 'CONNECT_TIMEOUT':
      return { text: `Error: The connection was lost: ${error.message}; ${error.hint}`, exitCode: ExitCode.ConnectionLost }
    case 'KEEP_ALIVE_TIMEOUT':
      return { text: 'Error: Keepalive exceeded', exitCode: ExitCode.KeepAlive }
    case 'CONNECTION_LOST':
    case 'SERVER_DISCONNECTED':
      return { text: 'Error: The connection was lost', exitCode: ExitCode.ConnectionLost }
    default:
      return { text: `Error: ${error.message}`, exitCode: ExitCode.Failure }
  }
}
