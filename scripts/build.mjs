// Compiles src/ to dist/, joins the program's modules and builds the console. The result appears whole or not at all: compiled beside, stamped, then moved into place.
// `npm run build`; `--if-possible` (the prepare script) does nothing where the compiler was not installed.
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildConsole } from './build-console.mjs'
import { filesBelow, isMain, root, runNode, tool } from './project.mjs'

/** Written last: its presence says that a build succeeded, its text of which sources. */
export const stampFile = join(root, 'dist', '.built')

/** Changes whenever a source, the compiler's settings or the version may have changed. */
export function fingerprint() {
  const names = [
    'package.json',
    'tsconfig.json',
    'scripts/build.mjs',
    'scripts/bundle.mjs',
    'scripts/build-console.mjs',
    'vite.config.ts',
    ...filesBelow(join(root, 'src')).map((name) => `src/${name}`),
  ]
  const lines = names.map((name) => {
    const { size, mtimeMs } = statSync(join(root, name))
    return `${name} ${size} ${Math.trunc(mtimeMs)}`
  })
  return `${lines.join('\n')}\n`
}

/**
 * Compiles with all strictness; dist/ stays as it was when something is wrong. Diagnostics go to stderr.
 * @returns {boolean} whether it succeeded
 */
export function build() {
  const compiler = tool('typescript/bin/tsc')
  if (compiler === null) throw new Error('TypeScript is not installed: run `npm ci` first')
  const sources = fingerprint()
  const fresh = join(root, `dist.${process.pid}`)
  try {
    if (runNode(compiler, ['-p', 'tsconfig.json', '--outDir', fresh], { quiet: true }) !== 0) return false
    for (const name of filesBelow(fresh)) if (name.endsWith('.d.ts')) namePublishedFiles(join(fresh, name))
    if (runNode(join(root, 'scripts', 'bundle.mjs'), [fresh], { quiet: true }) !== 0) return false
    if (!buildConsole(fresh)) return false
    writeFileSync(join(fresh, '.built'), sources)
    moveIntoPlace(fresh)
    return true
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/**
 * The compiler rewrites `./name.ts` to `./name.js` in programs but not in declarations: older compilers of users would look in vain.
 * @param {string} path
 */
function namePublishedFiles(path) {
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace(/(\b(?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2'))
}

/**
 * Several builds may end at the same moment: each is right, the last one stays.
 * @param {string} fresh
 */
function moveIntoPlace(fresh) {
  const dist = join(root, 'dist')
  const old = `${fresh}.old`
  for (let attempt = 1; ; attempt++) {
    try {
      if (existsSync(dist)) renameSync(dist, old)
      renameSync(fresh, dist)
      break
    } catch (error) {
      if (attempt === 10) throw error
    } finally {
      rmSync(old, { recursive: true, force: true })
    }
  }
}

if (isMain(import.meta.url)) {
  if (process.argv.includes('--if-possible') && tool('typescript/bin/tsc') === null) console.error('zanzara: TypeScript is not installed, nothing is built')
  else if (!build()) {
    console.error('zanzara: the build failed; what was built before is untouched')
    process.exitCode = 1
  }
}
