// Joins modules of the compiler's dist/, because finding and reading hundreds of small files is most of a start. Called by build.mjs with the folder to work in.
// dist/cli/ becomes the program, one file and a few chunks, loaded as commands need them; dist/library/ what programs of Node import.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { rolldown } from 'rolldown'

const dist = process.argv[2] ?? ''
if (dist === '') throw new Error('usage: bundle.mjs DIST')
const PACKAGES = [/^node:/, 'ws', /^hono(?:\/|$)/, '@hono/node-server', 'valibot']

/** What `zanzara/wire` and `zanzara/topic` hold stays as it is and is shared: browsers' bundlers take of it what they use, and its errors are one class. */
const wireStays = {
  name: 'wire stays',
  /**
   * @param {string} source
   * @param {string | undefined} importer
   */
  resolveId(source, importer) {
    if (!source.startsWith('.') || importer === undefined) return null
    const path = relative(dist, resolve(dirname(importer), source))
    return path.startsWith(`wire${sep}`) ? { id: `../${path.replaceAll(sep, '/')}`, external: true, moduleSideEffects: false } : null
  },
}

/**
 * Chunks lie beside the entries, at the depth of the modules they hold: paths from import.meta.url stay right.
 * @param {string} folder of dist
 * @param {Record<string, string>} input
 * @param {import('rolldown').Plugin[]} plugins
 */
async function joinModules(folder, input, plugins) {
  // `import 'node:dns'` is there for what it does
  const bundle = await rolldown({
    input,
    plugins,
    platform: 'node',
    external: PACKAGES,
    treeshake: { moduleSideEffects: [{ external: true, sideEffects: true }] },
  })
  const { output } = await bundle.generate({
    format: 'esm',
    comments: { jsdoc: false, annotation: true, legal: true },
    entryFileNames: `${folder}/[name].js`,
    chunkFileNames: `${folder}/[name].js`,
  })
  await bundle.close()
  rmSync(join(dist, folder), { recursive: true, force: true })
  for (const part of output) {
    if (part.type !== 'chunk') throw new Error(`unexpected asset ${part.fileName}`)
    const file = join(dist, part.fileName)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, part.code)
  }
}

/** @param {string} name */
const module = (name) => join(dist, `${name}.js`)
await joinModules('cli', { zanzara: module('cli/zanzara') }, [])
const library = {
  index: module('index'),
  client: module('client/node'),
  broker: module('server/start-broker'),
  testing: module('testing/test-broker'),
  capture: module('analyse/node'),
}
await joinModules('library', library, [wireStays])
