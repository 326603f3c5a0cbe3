// What the broker says about connections and packets, in the words of Mosquitto 2.1: scripts and lessons read these lines.
// Implements session/effects.ts' Observer and Trace on a Log; all names from outside are escaped here.

import { assertNever } from '../base/assert.ts'
import type { Peer } from '../base/link.ts'
import type { Log, LogSubject } from '../base/log.ts'
import { BRIDGE_PEER } from '../bridge/local-connection.ts'
import { NO_REASON, TLS_ON_PLAIN } from '../session/connect-rules.ts'
import type { Direction, EndCause, Observer, Trace } from '../session/effects.ts'
import type { ProtocolError } from '../wire/errors.ts'
import { type Connect, type Packet, PacketType, type Suback, type Subscribe } from '../wire/mqtt/packet.ts'
import { escapeControls } from './log-destinations.ts'

const SECOND_CONNECT = 'MQTT-3.1.0-2'

/** Faults told in full in one second; a flood of garbage must not become a flood of lines. */
const FAULTS_PER_SECOND = 20

/** What a transport with TLS knows of its session. */
interface TlsSession {
  readonly tlsVersion?: string | null
  readonly cipher?: string | null
}

export interface ConnectionLogOptions {
  /** connection_messages: the lines of coming and going; may change meanwhile. */
  connectionMessages: boolean
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

export class ConnectionLog implements Observer, Trace {
  readonly #log: Log
  readonly #options: ConnectionLogOptions
  /** SUBSCRIBE packets by Client Identifier whose SUBACK will tell what was granted. */
  readonly #subscribing = new Map<string, Subscribe>()
  /** Bridges of our own, which tell of themselves. */
  readonly #bridges = new Set<string>()
  #second = -1
  #faults = 0
  #untoldErrors = 0
  #untoldRefusals = 0

  constructor(log: Log, options: ConnectionLogOptions) {
    this.#log = log
    this.#options = options
  }

  opened(peer: Peer): void {
    if (!this.#options.connectionMessages || isOwnBridge(peer)) return
    this.#log.write(
      'notice',
      peer.transport === 'unix' ? 'New connection on a unix socket.' : `New connection from ${addressOf(peer)} on port ${peer.localPort}.`,
      { address: addressOf(peer) },
    )
  }

  connected(peer: Peer, clientId: string, connect: Connect, userName: string | null): void {
    if (isOwnBridge(peer)) {
      this.#bridges.add(clientId)
      return
    }
    const about = { client: clientId, address: addressOf(peer) }
    const id = escapeControls(clientId)
    if (this.#options.connectionMessages) {
      const user = userName === null ? '' : `, u'${escapeControls(userName)}'`
      const session = `(p${connect.version}, c${connect.cleanStart ? 1 : 0}, k${connect.keepAlive}${user})`
      this.#log.write('notice', `New ${connect.bridge ? 'bridge' : 'client'} connected from ${addressOf(peer)} as ${id} ${session}.`, about)
      const will = connect.will
      if (will === null) this.#log.write('debug', 'No will message specified.', about)
      else {
        this.#log.write('debug', `Will message specified (${will.payload.length} bytes) (r${will.retain ? 1 : 0}, q${will.qos}).`, about)
        this.#log.write('debug', `\t${escapeControls(will.topicName)}`, about)
      }
    }
    const { tlsVersion = null, cipher = null } = peer as Peer & TlsSession
    if (tlsVersion !== null) this.#log.write('notice', `Client ${id} negotiated ${tlsVersion} cipher ${cipher ?? 'unknown'}`, about)
  }

  ended(peer: Peer, clientId: string | null, cause: EndCause, error: ProtocolError | null): void {
    if (isOwnBridge(peer)) {
      this.#bridges.delete(clientId ?? '')
      return
    }
    this.#tellUntold()
    if (clientId !== null) this.#subscribing.delete(clientId)
    const address = addressOf(peer)
    const about: LogSubject = clientId === null ? { address } : { client: clientId, address }
    if (cause === 'protocol-error' && error !== null && !this.#tellProtocolError(escapeControls(clientId ?? address), error, about)) return
    if (cause === 'shutdown' || !this.#options.connectionMessages) return
    const name = escapeControls(clientId ?? (peer.address === '' ? address : peer.address))
    if (cause === 'refused' && error !== null) this.#tellRefusal(name, error, about)
    this.#log.write('notice', `Client ${name} [${address}] disconnected${endText(cause, error)}.`, about)
  }

  packet(direction: Direction, clientId: string, packet: Packet): void {
    if (this.#bridges.has(clientId)) return
    const id = escapeControls(clientId)
    const peer = direction === 'received' ? `from ${id}` : `to ${id}`
    switch (packet.type) {
      case PacketType.Connack:
        this.#debug(`Sending CONNACK ${peer} (${packet.sessionPresent ? 1 : 0}, ${packet.reasonCode})`)
        return
      case PacketType.Subscribe:
        this.#subscribing.set(clientId, packet)
        this.#debug(`Received SUBSCRIBE ${peer}`)
        return
      case PacketType.Suback:
        this.#granted(clientId, id, packet)
        this.#debug(`Sending SUBACK ${peer}`)
        return
      case PacketType.Unsubscribe:
        this.#debug(`Received UNSUBSCRIBE ${peer}`)
        for (const topicFilter of packet.topicFilters) {
          this.#debug(`\t${escapeControls(topicFilter)}`)
          this.#log.write('unsubscribe', `${id} ${escapeControls(topicFilter)}`)
        }
        return
      case PacketType.Unsuback:
        this.#debug(`Sending UNSUBACK ${peer}`)
        return
      case PacketType.Pingreq:
        this.#debug(`Received PINGREQ ${peer}`)
        return
      case PacketType.Pingresp:
        this.#debug(`Sending PINGRESP ${peer}`)
        return
      case PacketType.Disconnect:
        this.#debug(direction === 'received' ? `Received DISCONNECT ${peer}` : `Sending DISCONNECT ${peer} (rc${packet.reasonCode})`)
        return
      case PacketType.Auth: {
        const method = escapeControls(packet.properties.authenticationMethod ?? '')
        this.#debug(`${direction === 'received' ? 'Received' : 'Sending'} AUTH ${peer} (rc${packet.reasonCode}, ${method})`)
        return
      }
      case PacketType.Connect: // told by `connected`
      case PacketType.Publish: // these five have methods of their own
      case PacketType.Puback:
      case PacketType.Pubrec:
      case PacketType.Pubrel:
      case PacketType.Pubcomp:
        return
      default:
        assertNever(packet)
    }
  }

  publish(what: Direction | 'denied' | 'too large', clientId: string, header: number, packetId: number, topicName: string, payloadLength: number): void {
    const flags = `d${(header >> 3) & 1}, q${(header >> 1) & 3}, r${header & 1}, m${packetId}`
    const verb =
      what === 'sending'
        ? 'Sending PUBLISH to'
        : what === 'received'
          ? 'Received PUBLISH from'
          : what === 'denied'
            ? 'Denied PUBLISH from'
            : 'Dropped too large PUBLISH from'
    this.#debug(`${verb} ${escapeControls(clientId)} (${flags}, '${escapeControls(topicName)}', ... (${payloadLength} bytes))`)
  }

  acknowledgement(direction: Direction, clientId: string, type: 4 | 5 | 6 | 7, packetId: number, reasonCode: number): void {
    const id = escapeControls(clientId)
    if (direction === 'received') {
      const code = type === PacketType.Puback || type === PacketType.Pubcomp ? `, RC:${reasonCode}` : ''
      this.#debug(`Received ${ACKNOWLEDGEMENTS[type]} from ${id} (Mid: ${packetId}${code})`)
    } else {
      const code = type === PacketType.Puback || type === PacketType.Pubrec ? `, rc${reasonCode}` : ''
      this.#debug(`Sending ${ACKNOWLEDGEMENTS[type]} to ${id} (m${packetId}${code})`)
    }
  }

  /** The lines between SUBSCRIBE and SUBACK: each Topic Filter with what it got. */
  #granted(clientId: string, id: string, suback: Suback): void {
    const subscribe = this.#subscribing.get(clientId)
    if (subscribe === undefined || subscribe.packetId !== suback.packetId) return
    this.#subscribing.delete(clientId)
    for (let i = 0; i < subscribe.subscriptions.length; i++) {
      const topicFilter = escapeControls(subscribe.subscriptions[i]!.topicFilter)
      const granted = suback.reasonCodes[i] ?? 0x80
      if (granted >= 0x80) this.#debug(`\t${topicFilter} (denied)`)
      else {
        this.#debug(`\t${topicFilter} (QoS ${granted})`)
        this.#log.write('subscribe', `${id} ${granted} ${topicFilter}`)
      }
    }
  }

  #debug(line: string): void {
    this.#log.write('debug', line)
  }

  /** Each second has its share of told faults; the next one begins with how many were not told. */
  #tellUntold(): void {
    const second = Math.floor(this.#options.now() / 1000)
    if (second === this.#second) return
    if (this.#untoldErrors > 0) this.#log.write('notice', `Protocol errors of ${this.#untoldErrors} more clients are not shown.`)
    if (this.#untoldRefusals > 0) this.#log.write('notice', `Reasons for refusing ${this.#untoldRefusals} more clients are not shown.`)
    this.#second = second
    this.#faults = 0
    this.#untoldErrors = 0
    this.#untoldRefusals = 0
  }

  /** False when this second has had its share: then the connection goes without a line. */
  #tellProtocolError(name: string, error: ProtocolError, about: LogSubject): boolean {
    if (++this.#faults > FAULTS_PER_SECOND) {
      this.#untoldErrors++
      return false
    }
    if (error.message === TLS_ON_PLAIN)
      this.#log.write('notice', `Client from ${about.address} appears to be using TLS to connect to a non-TLS listener.`, about)
    else if (error.clause === SECOND_CONNECT) this.#log.write('notice', `Bad client ${about.address} sending multiple CONNECT messages.`, about)
    else {
      const clause = error.clause === '' ? '' : ` [${error.clause}]`
      this.#log.write('information', `Protocol error from ${name}: ${escapeControls(error.message)}${clause}.`, about)
    }
    return true
  }

  /** Mosquitto has no such line: the one after it is the same for every refusal, so that nobody can tell what was wrong. */
  #tellRefusal(name: string, error: ProtocolError, about: LogSubject): void {
    if (error.message === NO_REASON) return
    if (++this.#faults > FAULTS_PER_SECOND) this.#untoldRefusals++
    else this.#log.write('notice', `Client ${name} refused: ${escapeControls(error.message)}.`, about)
  }
}

const ACKNOWLEDGEMENTS = { 4: 'PUBACK', 5: 'PUBREC', 6: 'PUBREL', 7: 'PUBCOMP' } as const

/** Then bridge/bridge-log.ts tells of it. */
function isOwnBridge(peer: Peer): boolean {
  return peer === BRIDGE_PEER
}

function addressOf(peer: Peer): string {
  return peer.transport === 'unix' || peer.transport === 'memory' ? peer.transport : `${peer.address}:${peer.port}`
}

/** What follows `disconnected`; nothing after a DISCONNECT. */
function endText(cause: EndCause, error: ProtocolError | null): string {
  switch (cause) {
    case 'disconnect':
    case 'disconnect-with-will':
      return ''
    case 'closed':
      return ': connection closed by client'
    case 'keep-alive':
      return ': exceeded timeout'
    case 'taken-over':
      return ': session taken over'
    case 'protocol-error':
      return `: ${PROTOCOL_ERRORS[error?.reasonCode ?? 0] ?? 'protocol error'}`
    case 'refused':
      return `: ${REFUSALS[error?.reasonCode ?? 0x87] ?? 'refused'}`
    case 'timeout':
      return ': no CONNECT in time'
    case 'not-authorised':
      return ': not authorised'
    case 'administrative':
      return ': administrative action'
    case 'shutdown':
      return ': broker shutting down'
    default:
      return assertNever(cause)
  }
}

const NOT_ALLOWED = 'using not allowed feature (QoS too high, retain not supported, or bad AUTH method)'

/** Faults that Mosquitto tells from a protocol error, by Reason Code. */
const PROTOCOL_ERRORS: Readonly<Record<number, string>> = {
  0x81: 'malformed packet',
  0x93: 'receive maximum exceeded',
  0x94: 'topic alias invalid',
  0x95: 'oversize packet',
  0x9a: NOT_ALLOWED,
  0x9b: NOT_ALLOWED,
}

const REFUSALS: Readonly<Record<number, string>> = {
  1: 'unsupported protocol version',
  2: 'client identifier not valid',
  3: 'server unavailable',
  0x84: 'unsupported protocol version',
  0x85: 'client identifier not valid',
  0x86: 'not authorised',
  0x87: 'not authorised',
  0x88: 'server unavailable',
  0x89: 'server busy',
  0x8a: 'client banned',
  0x8c: 'bad authentication method',
  0x90: 'topic name invalid',
  0x97: 'quota exceeded',
  0x9a: NOT_ALLOWED,
  0x9b: NOT_ALLOWED,
  0x9f: 'connection rate exceeded',
}
