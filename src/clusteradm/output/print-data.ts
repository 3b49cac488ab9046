import { onDemand } from '../../common/on-demand.ts'
import type { Session } from '../session.ts'

const yaml = onDemand<typeof import('yaml')>('yaml')

/** Indented by two, as the original does it. */
export function printJson({ terminal }: Pick<Session, 'terminal'>, value: unknown): void {
  terminal.writeOut(`${JSON.stringify(value, null, 2)}\n`)
}

/** One document each, with `---` between them. */
export function printYaml({ terminal }: Pick<Session, 'terminal'>, objects: readonly object[]): void {
  terminal.writeOut(objects.map(yamlText).join('---\n'))
}

/**
 * As sigs.k8s.io/yaml writes it: keys in order, lists not indented, no anchors, and quotes around all texts that YAML 1.1, which many
 * tools still read, takes for something else, such as times and `yes`.
 */
export function yamlText(object: object): string {
  return yaml().stringify(object, {
    version: '1.1',
    sortMapEntries: true,
    indentSeq: false,
    aliasDuplicateObjects: false,
    lineWidth: 0,
  })
}
