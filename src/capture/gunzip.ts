// gzip undone by the web's DecompressionStream, with faults that say what is wrong: each engine words its own, and Node's are empty.
// files.ts does the same with zlib, which is faster.

import { CaptureError } from './capture-error.ts'
import { streamed } from './streamed.ts'

/** @throws CaptureError when the compression is damaged or ends too early; what `pieces` throws */
export async function* gunzip(pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source: { fault: { readonly thrown: unknown } | null } = { fault: null }
  const compressed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const next = await pieces.next()
        if (next.done === true) controller.close()
        else controller.enqueue(new Uint8Array(next.value))
      } catch (thrown) {
        source.fault = { thrown }
        throw thrown
      }
    },
    async cancel() {
      await pieces.return(undefined)
    },
  })
  let offset = 0
  const plain = streamed(compressed.pipeThrough(new DecompressionStream('gzip')))
  try {
    for (let next = await plain.next(); next.done !== true; next = await plain.next()) {
      offset += next.value.length
      yield next.value
    }
  } catch (error) {
    if (source.fault !== null) throw source.fault.thrown
    throw damage(error, offset)
  } finally {
    await plain.return(undefined)
  }
}

/** `error` is the engine's: of Node's the cause has the words. */
function damage(error: unknown, offset: number): CaptureError {
  const { message, cause } = error as Error
  const words = message || (cause instanceof Error ? cause.message : '')
  const isCut = /truncated|unexpected end/i.test(words)
  return new CaptureError(isCut ? 'the compressed file has been cut short' : `the compressed file is damaged${words === '' ? '' : `: ${words}`}`, offset, isCut)
}
