// The life of connections for the log and for plugins that want to know of its end.
// Keeps nothing: who was connected is asked of the session, which is still there when its connection is said to end.

import type { Peer } from '../../base/link.ts'
import type { EndCause, Observer } from '../../session/effects.ts'
import type { ProtocolError } from '../../wire/errors.ts'
import type { Connect } from '../../wire/mqtt/packet.ts'
import type { ClientDirectory } from './client-directory.ts'
import type { Plugins } from './plugins.ts'

export class PluggedObserver implements Observer {
  readonly #log: Observer
  readonly #plugins: Plugins
  readonly #directory: () => ClientDirectory

  constructor(log: Observer, plugins: Plugins, directory: () => ClientDirectory) {
    this.#log = log
    this.#plugins = plugins
    this.#directory = directory
  }

  opened(peer: Peer): void {
    this.#log.opened(peer)
  }

  connected(peer: Peer, clientId: string, connect: Connect, userName: string | null): void {
    this.#log.connected(peer, clientId, connect, userName)
  }

  ended(peer: Peer, clientId: string | null, cause: EndCause, error: ProtocolError | null): void {
    this.#log.ended(peer, clientId, cause, error)
    if (clientId === null || !this.#plugins.want('onClose')) return
    const directory = this.#directory()
    const session = directory.sessionAt(peer, clientId)
    if (session === null || directory.isOwn(session)) return // it had not come in
    const willDue = session.will !== null && cause !== 'disconnect' && cause !== 'shutdown'
    this.#plugins.closed(directory.infoOf(session), { cause, error: error?.message ?? '', willDue })
  }
}
