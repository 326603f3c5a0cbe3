// `npm run bench [-- name… --option…]`: builds, then runs bench/<name>.mjs one after another, each in a fresh process; without a name, all of them.
// A benchmark prints one table and imports from dist/.
import { ensureBuilt } from './ensure-built.mjs'
import { filesBelow, root, runNode } from './project.mjs'

const all = filesBelow(`${root}/bench`).filter((name) => /^[^/]+\.mjs$/.test(name))
const args = process.argv.slice(2)
const firstOption = args.findIndex((arg) => arg.startsWith('-'))
const names = firstOption < 0 ? args : args.slice(0, firstOption)
const options = firstOption < 0 ? [] : args.slice(firstOption)
const wanted = names.map((name) => (name.endsWith('.mjs') ? name : `${name}.mjs`))
const unknown = wanted.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are: ${all.map((name) => name.slice(0, -4)).join(', ') || 'none'}`)
  process.exit(1)
}
ensureBuilt()
for (const name of wanted.length > 0 ? wanted : all) {
  console.log(`\n${name.slice(0, -4)}`)
  const code = runNode(`${root}/bench/${name}`, options)
  if (code !== 0) process.exit(code)
}
