// What went wrong on the way to a connection, as lines of the log.
// Which problems there are, and how often one is told, is net/net-context.ts.

import type { Log } from '../base/log.ts'
import type { NetProblem } from '../net/net-context.ts'
import { ProtocolError } from '../wire/errors.ts'
import { escapeControls } from './log-destinations.ts'

/** `connectionMessages`: with the lines of coming and going around a handshake that failed. */
export function reportProblem(log: Log, { kind, error, address, ports, unreported }: NetProblem, connectionMessages: boolean): void {
  const more = unreported === 0 ? '' : ` (${unreported} more like this were not shown)`
  const reason = escapeControls(error.message)
  switch (kind) {
    case 'receiver':
      log.write('error', `Error: a connection from ${address} was closed by a fault of this program: ${reason}${more}`)
      return
    case 'accept':
      log.write('error', `Error: the system refused a new connection: ${reason}${more}`)
      return
    case 'handshake': {
      const from = ports === null || !connectionMessages ? null : `${address}:${ports.peer}`
      if (from !== null) log.write('notice', `New connection from ${from} on port ${ports!.local}.`, { address: from })
      log.write('notice', `Client connection from ${address} failed: ${reason}.${more}`)
      if (from !== null) log.write('notice', `Client ${address} [${from}] disconnected: Protocol error.`, { address: from })
      return
    }
    case 'proxy': {
      const begin = error instanceof ProtocolError ? 'Connection rejected, corrupt PROXY header.' : ''
      log.write('notice', `${begin}${begin === '' ? '' : ' '}Client connection from ${address} failed: ${reason}.${more}`)
      return
    }
    case 'behind-proxy':
      log.write('notice', `Connection from ${address} rejected, ${reason}.${more}`)
      return
    case 'address-limit':
    case 'descriptors':
      log.write('notice', `Client connection from ${address} denied: ${reason}.${more}`)
      return
    case 'limit':
    case 'global-limit':
      log.write('notice', `Client connection from ${address} denied: max_connections exceeded.${more}`)
      return
  }
}
