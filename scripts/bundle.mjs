// Joins the program's modules: dist/cli/ of the compiler becomes one file and a few chunks, loaded as commands need them.
// Finding and reading seventy small files cost `pub` about 35 ms of CPU at every start. Called by build.mjs with the folder to work in.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rolldown } from 'rolldown'

const [dist] = process.argv.slice(2)
if (dist === undefined) throw new Error('usage: bundle.mjs DIST')

const bundle = await rolldown({
  input: join(dist, 'cli', 'zanzara.js'),
  platform: 'node',
  external: [/^node:/, 'ws', /^hono(?:\/|$)/, '@hono/node-server', 'valibot'],
})
// chunks lie beside the entry, at the depth of the modules they hold: paths from import.meta.url stay right
const { output } = await bundle.generate({ format: 'esm', entryFileNames: 'cli/zanzara.js', chunkFileNames: 'cli/[name].js' })
await bundle.close()
rmSync(join(dist, 'cli'), { recursive: true })
for (const part of output) {
  if (part.type !== 'chunk') throw new Error(`unexpected asset ${part.fileName}`)
  const file = join(dist, part.fileName)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, part.code)
}
