// A stream of the web's as a generator: not every browser can loop over one, and whoever stops early lets go of the source.
// Bytes only; what they mean is capture-reader.ts' affair.

export async function* streamed(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    await reader.cancel()
  }
}
