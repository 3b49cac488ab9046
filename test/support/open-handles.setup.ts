import { afterAll } from 'vitest'
import { expectNothingLeftOpen, openHandlesOfVitest } from './open-handles.ts'

// Taken before the test file is imported, so that what its imports open counts; checked after its own afterAll hooks.
const before = openHandlesOfVitest()

if ('clock' in setTimeout) throw new Error('a test file that ran before this one left fake timers behind')

/** No time limit of vitest's: that would be a timer, and the check has its own. */
const UNLIMITED = 0

afterAll(() => expectNothingLeftOpen(before), UNLIMITED)
