import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../src/apis/', import.meta.url))
/** What agents import: types, and where resources are found. */
const files = globSync('*/v*.ts', { cwd: root })

/** Statements that name another module, as far as they are there at run time. */
const LOADED = /^(?:import|export)(?! type)[^;'"]*?from '(?<module>[^']+)'/gm

describe('the types of an API version', () => {
  it.each(files)('%s are had without any schema', (file) => {
    const text = readFileSync(`${root}/${file}`, 'utf8')
    const modules = [...text.matchAll(LOADED)].map(({ groups }) => groups?.module)
    expect(modules.filter((module) => module !== './constants.ts')).toEqual([])
  })

  it('are those of all groups', () => {
    expect(files).toEqual(expect.arrayContaining(['addon/v1beta1.ts', 'operator/v1.ts', 'work/v1.ts']))
  })
})
