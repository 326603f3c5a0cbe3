// Loaded into a broker before it starts (`node --import`): from the moment on when the file FAILING_DISK exists, no sync succeeds.
// Stands for a disk that is dying, which nothing else can imitate without root.
import fs, { existsSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const sign = process.env['FAILING_DISK'] ?? ''
const { fdatasync } = fs

/** @param {number} descriptor @param {(error: Error | null) => void} done */
fs.fdatasync = /** @type {typeof fs.fdatasync} */ (
  (descriptor, done) => {
    if (existsSync(sign)) process.nextTick(done, Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO', errno: -5, syscall: 'fdatasync' }))
    else fdatasync(descriptor, done)
  }
)
syncBuiltinESMExports()
