// AUTH on the server's side: the exchange at CONNECT and every re-authentication [MQTT 5.0, section 4.12].
// What the data mean is the mechanism's affair (AuthenticationExchange); here is only who may say what when.

import { ProtocolError } from '../wire/errors.ts'
import { type Auth, PacketType } from '../wire/mqtt/packet.ts'
import type { Properties } from '../wire/mqtt/properties.ts'
import { ReasonCode } from '../wire/mqtt/reason-codes.ts'
import type { AuthenticationExchange, AuthenticationStep } from './effects.ts'

/** The connection, as its authentication needs it. */
export interface AuthenticatedConnection {
  send(packet: Auth): void
  /** Calls `then` once the promise is kept; nothing of the client is handled meanwhile. */
  await<T>(promise: Promise<T>, then: (answer: T) => void): void
  /** The exchange that came with CONNECT has succeeded. */
  succeeded(userName: string | null, data: Uint8Array | null): void
  refused(reasonCode: number): void
}

export class ServerAuthentication {
  readonly #method: string
  readonly #again: () => AuthenticationExchange | null
  readonly #connection: AuthenticatedConnection
  /** The exchange going on; null when none is. */
  #exchange: AuthenticationExchange | null
  #userName: string | null = null
  #connected = false

  /** `again` makes a new exchange of the same method, for re-authentication. */
  constructor(method: string, exchange: AuthenticationExchange, again: () => AuthenticationExchange | null, connection: AuthenticatedConnection) {
    this.#method = method
    this.#exchange = exchange
    this.#again = again
    this.#connection = connection
  }

  /** With the data of CONNECT. */
  begin(data: Uint8Array | null): void {
    this.#step(data)
  }

  received(packet: Auth): void {
    const { authenticationMethod: method, authenticationData: data } = packet.properties
    if (method !== this.#method)
      throw new ProtocolError(ReasonCode.ProtocolError, `Authentication Method ${method ?? 'missing'} instead of ${this.#method}`, 'MQTT-4.12.0-5')
    if (packet.reasonCode === ReasonCode.Reauthenticate) {
      if (!this.#connected || this.#exchange !== null)
        throw new ProtocolError(ReasonCode.ProtocolError, 're-authentication during an authentication', 'MQTT-4.12.1-1')
      this.#exchange = this.#again()
      if (this.#exchange === null) {
        this.#connection.refused(ReasonCode.NotAuthorized)
        return
      }
    } else if (packet.reasonCode !== ReasonCode.ContinueAuthentication || this.#exchange === null) {
      throw new ProtocolError(ReasonCode.ProtocolError, `AUTH with Reason Code ${packet.reasonCode}`, 'MQTT-4.12.0-3')
    }
    this.#step(data ?? null)
  }

  #step(data: Uint8Array | null): void {
    const step = this.#exchange!.step(data)
    if (step instanceof Promise) this.#connection.await(step, (answer) => this.#stepped(answer))
    else this.#stepped(step)
  }

  #stepped({ reasonCode, data, userName }: AuthenticationStep): void {
    if (reasonCode === ReasonCode.ContinueAuthentication) {
      this.#connection.send(this.#auth(reasonCode, data)) // [MQTT-4.12.0-2]
      return
    }
    this.#exchange = null
    if (reasonCode !== 0) this.#connection.refused(reasonCode)
    else if (!this.#connected) {
      this.#connected = true
      this.#userName = userName
      this.#connection.succeeded(userName, data)
    } else if (userName !== this.#userName)
      this.#connection.refused(ReasonCode.NotAuthorized) // somebody else may not take over the session
    else this.#connection.send(this.#auth(0, data))
  }

  #auth(reasonCode: number, data: Uint8Array | null): Auth {
    const properties: Properties = { authenticationMethod: this.#method, ...(data === null ? {} : { authenticationData: data }) }
    return { type: PacketType.Auth, reasonCode, properties }
  }
}
