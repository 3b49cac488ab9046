import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { readTrouble } from '../../common/read-trouble.ts'
import { yamlTrouble } from '../../common/yaml-trouble.ts'
import { CommandError } from '../failure.ts'

export type ChartValues = Readonly<Record<string, unknown>>

/** Reads a file of values for the originals' Helm charts. `chart` names it in errors. Rejects with a CommandError. */
export async function readValuesFile(file: string, chart: string): Promise<ChartValues> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new CommandError(`failed to read ${chart} values file ${file}: ${readTrouble(error)}`, {
      cause: error,
    })
  }
  try {
    const values: unknown = parse(text, { version: '1.1', prettyErrors: false }) ?? {}
    if (isValues(values)) return values
  } catch (error) {
    throw new CommandError(`failed to unmarshal ${chart} values: ${file}: ${yamlTrouble(text)}`, {
      cause: error,
    })
  }
  throw new CommandError(`failed to unmarshal ${chart} values: ${file} holds no mapping`)
}

/** The mapping below a key; empty where there is none. */
export function section(values: ChartValues, key: string): ChartValues {
  const value = values[key]
  return isValues(value) ? value : {}
}

export function textOf(values: ChartValues, key: string): string | undefined {
  const value = values[key]
  return typeof value === 'string' ? value : undefined
}

export function boolOf(values: ChartValues, key: string): boolean | undefined {
  const value = values[key]
  return typeof value === 'boolean' ? value : undefined
}

export function numberOf(values: ChartValues, key: string): number | undefined {
  const value = values[key]
  return typeof value === 'number' ? value : undefined
}

/** Keys that stand in a file, but have no effect here. Better said than left out in silence. */
export function unusedKeys(values: ChartValues, used: readonly string[]): string[] {
  return Object.keys(values).filter((key) => !used.includes(key))
}

function isValues(value: unknown): value is ChartValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
