// What a web page pays for `connect`: the size of the client for browsers, bundled, minified and compressed.
// Bundled from the sources, with nothing from outside.

import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'

const entry = fileURLToPath(new URL('../../src/client/browser.ts', import.meta.url))
/** Bytes. A feature that costs more than it is worth is seen here. */
const MOST = 25_000

test('connect for browsers is one small file that imports nothing', async () => {
  const page = '\0page'
  const bundle = await rolldown({
    input: page,
    platform: 'browser',
    plugins: [
      {
        name: 'page',
        resolveId: (id) => (id === page ? id : null),
        load: (id) => (id === page ? `export { connect } from ${JSON.stringify(entry)}` : null),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  await bundle.close()
  expect(output.map((part) => (part.type === 'chunk' ? [part.exports, part.imports, part.dynamicImports] : part.fileName))).toEqual([[['connect'], [], []]])
  const size = gzipSync(output[0].code, { level: 9 }).length
  expect(size).toBeGreaterThan(10_000)
  expect(size).toBeLessThan(MOST)
})
