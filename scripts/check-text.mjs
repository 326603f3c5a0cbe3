// Checks the text of every file of the repository: nothing of one machine, no download address, nothing left undone, heads in src/.
// Run: node scripts/check-text.mjs [project]
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { isMain, repositoryFiles, root } from './project.mjs'

/** @type {readonly (readonly [RegExp, string])[]} */
const FORBIDDEN = [
  [/(?<![\w.:/-])\/(?:Users|root|work|workspaces?|builds)\/[\w.-]+/, 'a path of one machine'],
  [/(?<![\w.:/-])\/home\/[\w-]+\/(?:\.|src|work|code|git|dev|projects?|Desktop|Documents|Downloads)/, 'a path of one machine'],
  [/\b[A-Z]:\\+Users\\+/, 'a path of one machine'],
  [/\bfile:\/\/\/(?:Users|home|root|work)\b/, 'a path of one machine'],
  [
    /\bregistry\.[a-z0-9.-]+\.(?:com|org|net|io|dev|cn|local|internal)\b|\bnpm\.pkg\.github\.com|\/(?:artifactory|nexus|verdaccio)\//,
    'the address of a package registry',
  ],
  [new RegExp(`\\b(?:${'TO'}${'DO'}|${'FIX'}${'ME'})\\b`), 'something left undone: finish it, or write it down as an issue'],
]

/**
 * All faults of a project's files, one sentence each.
 * @param {string} project
 * @returns {{ files: number, problems: string[] }}
 */
export function checkText(project) {
  /** @type {string[]} */
  const problems = []
  const own = [resolve(project), homedir()].filter((path) => path.split(/[\\/]/).filter(Boolean).length >= 2)
  const files = repositoryFiles(project)
  for (const file of files) {
    const bytes = readFileSync(join(project, file))
    if (bytes.includes(0)) continue
    const text = bytes.toString('utf8')
    if (basename(file) === 'package-lock.json') {
      problems.push(...lockProblems(file, text))
      continue
    }
    text.split('\n').forEach((line, index) => {
      const at = `${file}:${index + 1}`
      if (own.some((path) => line.includes(path))) problems.push(`${at}: a path of one machine`)
      else for (const [pattern, what] of FORBIDDEN) if (pattern.test(line)) problems.push(`${at}: ${what}`)
    })
    if (/^src\/.*\.tsx?$/.test(file) && !/^\/\/ \S.*\n\/\/ \S/.test(text))
      problems.push(`${file}: begins with two comment lines: what it is, and its boundary or specification`)
    if (text.includes('\r')) problems.push(`${file}: carriage returns; lines end with a line feed`)
  }
  if (existsSync(join(project, 'package.json')) && !files.includes('package-lock.json')) problems.push('package-lock.json: missing')
  return { files: files.length, problems }
}

/**
 * A lock holds no download address, and nothing in it runs a script when it is installed (but fsevents, on macOS, as an option).
 * @param {string} file
 * @param {string} text
 */
function lockProblems(file, text) {
  /** @type {{ packages?: Record<string, { resolved?: string, link?: boolean, hasInstallScript?: boolean, optional?: boolean }> }} */
  const lock = JSON.parse(text)
  const problems = []
  for (const [name, entry] of Object.entries(lock.packages ?? {})) {
    if (entry.resolved !== undefined && entry.link !== true) problems.push(`${file}: ${name} has a download address`)
    if (entry.hasInstallScript === true && name !== '' && !(entry.optional === true && name.endsWith('node_modules/fsevents')))
      problems.push(`${file}: ${name} wants to run a script when it is installed`)
  }
  return problems
}

if (isMain(import.meta.url)) {
  const { files, problems } = checkText(process.argv[2] ?? root)
  for (const problem of problems) console.error(problem)
  console.log(`${files} files, ${problems.length} problems`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
