// readCapture for Node: also takes the path or file URL of a capture, and opens TLS with the keys it is given.
// Everything else is read-capture.ts'.

import { fileURLToPath } from 'node:url'
import { captureFile } from '../capture/files.ts'
import { NodeTlsCrypto } from '../capture/tls-crypto-node.ts'
import type { KeptPacket } from './kept-packet.ts'
import type { CaptureSource, ReadCaptureOptions } from './read-capture.ts'

/** As `readCapture` of the browser; a text is the path of a file. @throws also the system's errors */
export async function* readCapture(source: CaptureSource | string | URL, options: ReadCaptureOptions = {}): AsyncGenerator<KeptPacket, void, undefined> {
  const { packetsOf } = await import('./read-capture.ts') // who only connects or starts a broker does without the dissectors
  const pieces = source instanceof URL ? captureFile(fileURLToPath(source)) : typeof source === 'string' ? captureFile(source) : source
  yield* packetsOf(pieces, options, new NodeTlsCrypto())
}
