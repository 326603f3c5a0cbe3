// The project as its scripts see it: where it lies, which files it has, how to run its tools.
// Imports Node's own modules only: some scripts run before anything is installed.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Absolute path of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', '.git'])

/**
 * Files below a folder, as paths with `/` relative to it, sorted.
 * @param {string} folder
 * @returns {string[]}
 */
export function filesBelow(folder) {
  /** @type {string[]} */
  const found = []
  /** @param {string} at */
  const walk = (at) => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name)
      if (entry.isDirectory()) {
        if (!NOT_OURS.has(entry.name) && !entry.name.startsWith('dist.')) walk(path)
      } else if (entry.isFile()) found.push(relative(folder, path).split(sep).join('/'))
    }
  }
  if (existsSync(folder)) walk(folder)
  return found.sort()
}

/**
 * The files that belong to a repository: what git tracks or would track; without git, every file below it.
 * @param {string} folder
 * @returns {string[]}
 */
export function repositoryFiles(folder) {
  /** @param {string[]} args */
  const git = (...args) => execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 26 })
  try {
    if (realpathSync(git('rev-parse', '--show-toplevel').trim()) === realpathSync(folder)) {
      const names = git('ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0')
      return names.filter((name) => name !== '' && existsSync(join(folder, name))).sort()
    }
  } catch {
    // no git, or not a checkout
  }
  return filesBelow(folder)
}

/**
 * Where the entry point of an installed development tool lies; null when it is not installed.
 * @param {string} path inside node_modules, such as `typescript/bin/tsc`
 * @returns {string | null}
 */
export function tool(path) {
  const full = join(root, 'node_modules', path)
  return existsSync(full) ? full : null
}

/**
 * Runs a tool written in JavaScript with this Node, its output on our terminal. Returns the exit code.
 * @param {string} entry
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean }} [options]
 * @returns {number}
 */
export function runNode(entry, args, options = {}) {
  const { status, signal } = spawnSync(process.execPath, [entry, ...args], { cwd: root, stdio: options.quiet === true ? ['ignore', 2, 2] : 'inherit' })
  return signal === null ? (status ?? 1) : 1
}

/**
 * True when a script was started by itself and not imported.
 * @param {string} url its import.meta.url
 */
export function isMain(url) {
  return process.argv[1] !== undefined && existsSync(process.argv[1]) && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(url))
}
