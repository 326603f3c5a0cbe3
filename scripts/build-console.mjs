// Builds the console: checks its types, then Vite makes dist/console. A console whose sources are as they were is taken from the last build.
// Called by build.mjs with the folder to work in; Vite or the compiler failing fails the whole build.
import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow, root, runNode, tool } from './project.mjs'

/** Written last, beside the pages: of which sources they were made. */
const STAMP = '.sources'

/** What the console is made of: itself, and the folders that it may import. */
const SOURCES = ['console', 'base', 'wire', 'session', 'client', 'capture', 'dissect', 'filter', 'analyse', 'print']

/**
 * @param {string} folder where `console/` comes to lie
 * @returns {boolean} whether it succeeded
 */
export function buildConsole(folder) {
  const out = join(folder, 'console')
  const sources = fingerprint()
  const last = join(root, 'dist', 'console')
  if (existsSync(join(last, STAMP)) && readFileSync(join(last, STAMP), 'utf8') === sources) {
    cpSync(last, out, { recursive: true })
    return true
  }
  const compiler = tool('typescript/bin/tsc')
  const vite = tool('vite/bin/vite.js')
  if (compiler === null || vite === null) throw new Error('TypeScript or Vite is not installed: run `npm ci` first')
  if (runNode(compiler, ['-p', 'src/console'], { quiet: true }) !== 0) return false
  if (runNode(vite, ['build', '--logLevel', 'warn', '--outDir', out], { quiet: true }) !== 0) return false
  writeFileSync(join(out, STAMP), sources)
  return true
}

function fingerprint() {
  const names = [
    'package.json',
    'package-lock.json',
    'vite.config.ts',
    ...SOURCES.flatMap((folder) => filesBelow(join(root, 'src', folder)).map((name) => `src/${folder}/${name}`)),
  ]
  const lines = names.map((name) => {
    const { size, mtimeMs } = statSync(join(root, name))
    return `${name} ${size} ${Math.trunc(mtimeMs)}`
  })
  return `${lines.join('\n')}\n`
}
