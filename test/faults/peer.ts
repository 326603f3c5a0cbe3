// The other end of a connection in memory, as rules see it.
// No TLS, no certificate: what a peer of a socket has is src/net/peer.ts.

import type { Peer } from '../../src/base/link.ts'

export const PEER: Peer = {
  transport: 'memory',
  address: '127.0.0.1',
  port: 5555,
  localPort: 1883,
  certificateName: null,
  certificateSubject: null,
  pskIdentity: null,
  tlsVersion: null,
  cipher: null,
}
