import { ConfigError } from '../common/errors.ts'
import { type JsonNameParams, Name } from './x509.ts'

/** Whom a certificate names. Kubernetes reads the user name from CN, and a group from each O. */
export interface Subject {
  readonly commonName: string
  readonly organizations?: readonly string[]
  readonly organizationalUnits?: readonly string[]
}

/** Values are taken literally: nothing in them is parsed as an escape, a hex string or another attribute. */
export function subjectName({ commonName, organizations = [], organizationalUnits = [] }: Subject): Name {
  if (commonName === '') throw new ConfigError('a certificate subject needs a common name, got ""')
  const attributes: JsonNameParams = [
    ...organizations.map((organization) => ({ O: [literal(organization)] })),
    ...organizationalUnits.map((unit) => ({ OU: [literal(unit)] })),
  ]
  return new Name([...attributes, { CN: [literal(commonName)] }])
}

/** Of several common names the last one counts, as it does in Go and so for every API server: who checks a name must look at the same. */
export function readSubject(name: Name): Subject {
  const organizationalUnits = name.getField('OU')
  return {
    commonName: name.getField('CN').at(-1) ?? '',
    organizations: name.getField('O'),
    ...(organizationalUnits.length > 0 && { organizationalUnits }),
  }
}

function literal(value: string): { printableString: string } | { utf8String: string } {
  return Name.isPrintableString(value) ? { printableString: value } : { utf8String: value }
}
