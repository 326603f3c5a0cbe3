#!/usr/bin/env node
// The program's door. In a clone it first builds what is not built yet; a published package holds dist/ and no scripts/.
import { existsSync } from 'node:fs'

const ensure = new URL('../scripts/ensure-built.mjs', import.meta.url)
if (existsSync(ensure)) (await import(ensure.href)).ensureBuilt()
await import('../dist/cli/zanzara.js')
