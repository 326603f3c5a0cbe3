// The examples of docs/broker-api.md, run as they stand: each prints what it says that it prints.
// How they are run: test/support/examples.ts.

import { test } from 'vitest'
import { runExamples } from '../support/examples.ts'

test('the examples of the broker API print what they say', { timeout: 60_000 }, () => runExamples('docs/broker-api.md'))
