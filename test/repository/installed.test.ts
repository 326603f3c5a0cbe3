// The package as its users have it: packed, installed from the tarball into an empty folder, without the network, and used from there:
// by npx, by a program, by TypeScript, by a bundler.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../scripts/project.mjs'
import { builtProgram } from '../support/built.ts'

const folder = mkdtempSync(join(tmpdir(), 'installed-'))
const tarballs = join(folder, 'tarballs')
const project = join(folder, 'project')
const description = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
/** Nothing of this shell's npm, so that none of our own settings help. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))

function run(program: string, args: readonly string[], cwd = project): string {
  const { stdout, stderr, status } = spawnSync(program, args, { cwd, env: { ...env, NO_COLOR: '1' }, encoding: 'utf8', timeout: 120_000 })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

/** A package and all that it depends on. */
function withDependencies(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen
  seen.add(path)
  const { dependencies = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) withDependencies(join(root, 'node_modules', name), seen)
  return seen
}

beforeAll(() => {
  builtProgram()
  for (const name of [tarballs, project]) mkdirSync(name)
  run(npm, ['pack', ...withDependencies(root), '--ignore-scripts', '--offline', '--pack-destination', tarballs], root)
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
  const files = readdirSync(tarballs).map((name) => join(tarballs, name))
  run(npm, ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--cache', join(folder, 'cache'), ...files])
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the tarball is under 3 MB, and every manual page is in it', () => {
  const name = readdirSync(tarballs).find((file) => file.startsWith('zanzara-'))!
  expect(statSync(join(tarballs, name)).size).toBeLessThan(3_000_000)
  expect(readdirSync(join(project, 'node_modules/zanzara/man')).toSorted()).toEqual(readdirSync(join(root, 'man')).toSorted())
})

test('links between the papers of the package lead to what is packed, but for what only a clone has', () => {
  const home = join(project, 'node_modules/zanzara')
  const papers = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'))
  expect(papers.length).toBeGreaterThan(20)
  const onlyInClone =
    /^(?:\.\.\/)*(?:docs\/)?(?:architecture|conformance|CONTRIBUTING|SECURITY)\.md$|^(?:\.\.\/)*(?:docs\/)?(?:decisions|images)\/|(?:^|\/)images\/|\/?(?:src|test|scripts|docker|bench)\//
  const broken = papers.flatMap((paper) =>
    [...readFileSync(join(home, paper), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target!.replace(/#.*/, ''))
      .filter((target) => target !== '' && !/^(?:https?|mailto):/.test(target) && !onlyInClone.test(target))
      .filter((target) => !statSync(join(home, paper, '..', target), { throwIfNoEntry: false }))
      .map((target) => `${paper}: ${target}`),
  )
  expect(broken).toEqual([])
})

test('npx runs the program, and the broker around a command', () => {
  expect(run('npx', ['--offline', 'zanzara', '--version'])).toBe(`zanzara version ${description.version}\n`)
  const script = 'zanzara pub -L "$MQTT_URL/a" -m hello -r && zanzara sub -L "$MQTT_URL/a" -C 1'
  if (process.platform !== 'win32') expect(run('npx', ['--offline', 'zanzara', '--port', '0', '--', 'sh', '-c', script])).toContain('hello\n')
})

test('every part can be imported by its name, and nothing else; docs/api.md has every name', () => {
  const parts = Object.keys(description.exports).filter((part) => part !== './package.json')
  const code = `
    for (const part of ${JSON.stringify(parts)}) console.log(part, ...Object.keys(await import('zanzara' + part.slice(1))))
    await import('zanzara/dist/cli/start.js').then(() => { throw new Error('inner files can be imported') }, ({ code }) => console.log(code))`
  writeFileSync(join(project, 'parts.mjs'), code)
  const lines = run(process.execPath, ['parts.mjs']).trimEnd().split('\n')
  expect(lines.pop()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED')
  expect(lines.map((line) => line.split(' ')[0])).toEqual(parts)
  const page = readFileSync(join(root, 'docs/api.md'), 'utf8')
  for (const line of lines) {
    const [part, ...names] = line.split(' ')
    expect(names.length, part).toBeGreaterThan(0)
    expect(
      names.filter((name) => !page.includes(`\n### ${name}\n`)),
      part,
    ).toEqual([])
  }
})

const PROGRAM = `
import { connect, MqttError, readCapture, startBroker, type Message } from 'zanzara'
import { connect as connectOnly } from 'zanzara/client'
import { decodePacket, PacketType } from 'zanzara/wire'
import { topicMatchesFilter } from 'zanzara/topic'

export async function main(): Promise<string> {
  const broker = await startBroker({ port: 0, plugins: [{ name: 'p', onAuthorize: (client, action) => (action === 'publish' && client.id === 'x' ? 'deny' : 'next') }] })
  const mqtt = await connect(broker.url, { clientId: 'a' })
  const subscription = await mqtt.subscribe('a/+', { qos: 1, overflow: 'drop-oldest' })
  await mqtt.publish('a/b', { value: 1 }, { qos: 1 })
  const message: Message | null = await subscription.next({ timeoutMs: 1000 })
  const text: string = message?.text() ?? ''
  await mqtt.close()
  await broker.close()
  // @ts-expect-error a QoS is 0, 1 or 2
  await connectOnly(broker.url).then((other) => other.publish('a', 'b', { qos: 3 })).catch((error: unknown) => error instanceof MqttError)
  for await (const packet of readCapture('none.pcapng', { filter: 'mqtt' })) console.log(packet.number, decodePacket, PacketType.Publish)
  return topicMatchesFilter('a/+', message?.topic ?? '') ? text : ''
}
`

test.each(['skipLibCheck', 'no skipLibCheck'])('a strict TypeScript project compiles against it: %s', (kind) => {
  writeFileSync(join(project, 'main.ts'), PROGRAM)
  const options = { strict: true, exactOptionalPropertyTypes: true, module: 'nodenext', target: 'es2022', lib: ['es2023', 'esnext.disposable'], noEmit: true }
  const types = { types: ['node'], typeRoots: [join(root, 'node_modules/@types')], skipLibCheck: kind === 'skipLibCheck' }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...options, ...types }, files: ['main.ts'] }))
  expect(run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'])).toBe('')
})

/** Bytes of a bundle for browsers, gzip'd. */
async function bundleSize(code: string): Promise<number> {
  const entry = join(project, 'entry.js')
  writeFileSync(entry, code)
  const bundle = await rolldown({ input: entry, cwd: project, platform: 'browser' })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  await bundle.close()
  return output.reduce((sum, chunk) => sum + (chunk.type === 'chunk' ? gzipSync(chunk.code).length : 0), 0)
}

test('a bundler takes what is used and leaves the rest', async () => {
  const matching = await bundleSize(`import { topicMatchesFilter } from 'zanzara/topic'\nconsole.log(topicMatchesFilter('a', 'a'))`)
  const nothing = await bundleSize(`import 'zanzara/wire'\nimport 'zanzara/client'\nimport 'zanzara/topic'`)
  const code = await bundleSize(`import { reasonName } from 'zanzara/wire'\nconsole.log(reasonName)`)
  const codec = await bundleSize(`import * as wire from 'zanzara/wire'\nconsole.log(wire)`)
  expect(nothing).toBeLessThan(100)
  expect(matching).toBeLessThan(1000)
  expect(code).toBeLessThan(codec / 2)
})
