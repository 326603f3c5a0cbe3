// How the interop tier finds foreign programs, and what it tells people who lack them.
// Programs here are empty files in a folder of their own.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findTool, installLine, packagesOf, SYSTEM_TOOLS } from '../../scripts/system-tools.mjs'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tools-'))
  vi.stubEnv('PATH', ['', folder, process.env['PATH']].join(delimiter))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function program(name: string, mode: number): string {
  const path = join(folder, name)
  writeFileSync(path, '')
  chmodSync(path, mode)
  return path
}

test('a program is found by PATH, in its order', () => {
  expect(findTool('tshark')).not.toBe(join(folder, 'tshark'))
  const path = program('tshark', 0o755)
  expect(findTool('tshark')).toBe(path)
})

test('a program of several names is found by any of them', () => {
  const other = program('chromium-browser', 0o755)
  expect([other, '/usr/bin/chromium']).toContain(findTool('chromium'))
  const first = program('chromium', 0o755)
  expect(findTool('chromium')).toBe(first)
})

test('a file that cannot be run and a folder are no programs', () => {
  program('faketime', 0o644)
  mkdirSync(join(folder, 'tcpdump'))
  expect(findTool('faketime')).not.toBe(join(folder, 'faketime'))
  expect(findTool('tcpdump')).not.toBe(join(folder, 'tcpdump'))
})

test('an unknown name is the mistake of the test that asks', () => {
  expect(() => findTool('mosquito_pub')).toThrow('no system tool mosquito_pub')
})

test('each package is named once', () => {
  expect(packagesOf(['mosquitto_pub', 'mosquitto_sub', 'tshark'])).toEqual(['mosquitto-clients', 'tshark'])
  expect(installLine(['tshark'])).toMatch(/apt-get install -y --no-install-recommends tshark$/)
  expect(packagesOf(Object.keys(SYSTEM_TOOLS))).toEqual([
    'mosquitto',
    'mosquitto-clients',
    'tshark',
    'tcpdump',
    'chromium',
    'curl',
    'python3',
    'gcc',
    'libc6-dev',
    'openssl',
    'faketime',
  ])
})
