// The container's files: what the Dockerfile copies is there after a build, and the scripts start what they say.
// The image itself is not built here; programs of the scripts are stand-ins that print how they were called.

import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../scripts/project.mjs'
import { builtProgram } from '../support/built.ts'

const folder = mkdtempSync(join(tmpdir(), 'container-'))
const config = join(folder, 'mosquitto.conf')
const dockerfile = readFileSync(join(root, 'docker/Dockerfile'), 'utf8')

beforeAll(() => {
  for (const name of ['zanzara', 'mosquitto_pub']) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} "$@"\n`)
    chmodSync(join(folder, name), 0o755)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

function runs(script: string, ...words: string[]): string {
  const env = { PATH: `${folder}:${process.env['PATH']}`, ZANZARA_CONFIG: config }
  const { stdout, stderr } = spawnSync('sh', [join(root, 'docker', script), ...words], { encoding: 'utf8', env })
  return stdout + stderr
}

test('without a configuration: for the network, with a password; healthy by the default port', () => {
  expect(runs('entrypoint.sh')).toBe('zanzara --lan\n')
  expect(runs('health.sh')).toBe('zanzara doctor\n')
})

test('with one: the broker reads it, and so does the judge of health', () => {
  writeFileSync(config, 'listener 1883\n')
  expect(runs('entrypoint.sh')).toBe(`zanzara broker -c ${config}\n`)
  expect(runs('health.sh')).toBe(`zanzara doctor -c ${config}\n`)
})

test('words are a command: ours, one of Mosquitto by its name, or a shell', () => {
  expect(runs('entrypoint.sh', 'match', 'a/+', 'a/b')).toBe('zanzara match a/+ a/b\n')
  expect(runs('entrypoint.sh', '--port', '1884')).toBe('zanzara --port 1884\n')
  expect(runs('entrypoint.sh', 'mosquitto_pub', '-t', 'a b')).toBe('mosquitto_pub -t a b\n')
  expect(runs('entrypoint.sh', 'sh', '-c', 'echo "$0 $1"', 'x', 'y z')).toBe('x y z\n')
})

test('what the image takes is there after a build; it runs as no root, and with the scripts of this folder', () => {
  builtProgram()
  const taken = [...dockerfile.matchAll(/^COPY (?:--from=build )?(.*) \S+$/gm)].flatMap(([, list]) => list!.split(' ')).filter((path) => path !== '.')
  expect(taken.length).toBeGreaterThan(6)
  expect(taken.filter((path) => !existsSync(join(root, path.replace('/build/', ''))))).toEqual([])
  expect(dockerfile).toMatch(/^USER zanzara$/m)
  expect(dockerfile.indexOf('USER zanzara')).toBeGreaterThan(dockerfile.lastIndexOf('\nRUN '))
  for (const script of ['entrypoint.sh', 'health.sh']) expect(statSync(join(root, 'docker', script)).mode & 0o111).toBe(0o111)
  for (const script of [/^ENTRYPOINT \["(.*)"\]$/m, /CMD \["(.*)"\]$/m].map((line) => line.exec(dockerfile)![1]!))
    expect(dockerfile).toContain(`docker/${script}`)
})
