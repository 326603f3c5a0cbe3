// The client's half of an enhanced authentication: AUTH back and forth, at CONNECT and again later [MQTT 5.0, section 4.12].
// The method itself is a ClientAuthentication; its answers may come at once or later.

import { ProtocolError, UsageError } from '../wire/errors.ts'
import type { Auth, Connack } from '../wire/mqtt/packet.ts'
import * as PacketType from '../wire/mqtt/packet-type.ts'
import type { ClientAuthentication } from './client-effects.ts'

export interface AuthenticationPort {
  send(packet: Auth): void
  /** Our side gives up: it threw. */
  failed(error: Error): void
  reauthenticated(): void
}

const CONTINUE = 0x18
const REAUTHENTICATE = 0x19

export class AuthenticationRun {
  readonly #authentication: ClientAuthentication | null
  readonly #port: AuthenticationPort
  #state: 'connecting' | 'authenticated' | 'again' | 'ended' = 'connecting'

  constructor(authentication: ClientAuthentication | null, port: AuthenticationPort) {
    this.#authentication = authentication
    this.#port = port
  }

  /** Gets the first Authentication Data for CONNECT, which `then` sends; null = none. Only with an authentication. */
  begin(then: (data: Uint8Array | null) => void): void {
    this.#step(null, (data) => this.#attempt(() => then(data)))
  }

  /** AUTH from the server. Throws ProtocolError. */
  received(packet: Auth): void {
    this.#checkMethod(packet.properties.authenticationMethod)
    const data = packet.properties.authenticationData ?? null
    switch (packet.reasonCode) {
      case CONTINUE:
        if (this.#state === 'authenticated') throw new ProtocolError(0x82, 'AUTH that was not asked for', 'MQTT-4.12.1-1')
        this.#step(data, (answer) => this.#send(CONTINUE, answer)) // [MQTT-4.12.0-3]
        return
      case 0:
        if (this.#state !== 'again') throw new ProtocolError(0x82, 'AUTH with success, but no re-authentication', 'MQTT-4.12.0-2')
        this.#last(data, () => {
          this.#state = 'authenticated'
          this.#port.reauthenticated()
        })
        return
      default:
        throw new ProtocolError(0x82, `AUTH with Reason Code ${packet.reasonCode} from a server`, 'MQTT-3.15.2-1')
    }
  }

  /** CONNACK with success: its data is judged, and `then` follows. Throws ProtocolError. */
  accepted(connack: Connack, then: () => void): void {
    const { authenticationMethod, authenticationData } = connack.properties
    if (authenticationMethod !== undefined || authenticationData !== undefined) this.#checkMethod(authenticationMethod) // [MQTT-4.12.0-5]
    this.#last(authenticationData ?? null, () => {
      this.#state = 'authenticated'
      then()
    })
  }

  /** Begins a re-authentication. Throws UsageError. */
  again(): void {
    if (this.#authentication === null) throw new UsageError('re-authentication: the connection was made without an Authentication Method') // [MQTT-4.12.0-7]
    if (this.#state !== 'authenticated') throw new UsageError('re-authentication: an authentication is still going on')
    this.#state = 'again'
    this.#step(null, (data) => this.#send(REAUTHENTICATE, data)) // [MQTT-4.12.1-1]
  }

  /** Answers that are still to come are ignored. */
  end(): void {
    this.#state = 'ended'
  }

  #checkMethod(method: string | undefined): void {
    if (this.#authentication === null) throw new ProtocolError(0x82, 'authentication that CONNECT did not ask for', 'MQTT-4.12.0-6')
    if (method !== this.#authentication.method) {
      throw new ProtocolError(0x82, `Authentication Method ${method ?? 'missing'}, not ${this.#authentication.method}`, 'MQTT-4.12.0-5')
    }
  }

  #send(reasonCode: number, data: Uint8Array | null): void {
    const method = { authenticationMethod: this.#authentication!.method }
    this.#attempt(() => this.#port.send({ type: PacketType.Auth, reasonCode, properties: data === null ? method : { ...method, authenticationData: data } }))
  }

  /** What cannot be sent ends the authentication: later answers have no caller to throw to. */
  #attempt(sending: () => void): void {
    try {
      sending()
    } catch (error) {
      this.#failed(error)
    }
  }

  /** The server's last word: judged if there is one. */
  #last(data: Uint8Array | null, then: () => void): void {
    if (data === null) then()
    else this.#step(data, then)
  }

  #step(data: Uint8Array | null, then: (answer: Uint8Array | null) => void): void {
    let answer: Uint8Array | null | Promise<Uint8Array | null>
    try {
      answer = this.#authentication!.step(data)
    } catch (error) {
      this.#failed(error)
      return
    }
    if (answer === null || answer instanceof Uint8Array) then(answer)
    else
      answer.then(
        (later) => {
          if (this.#state !== 'ended') then(later)
        },
        (error: unknown) => this.#failed(error),
      )
  }

  #failed(error: unknown): void {
    if (this.#state !== 'ended') this.#port.failed(error instanceof Error ? error : new Error(String(error)))
  }
}
