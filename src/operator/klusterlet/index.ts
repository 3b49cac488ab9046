export { addKlusterletOperator, type KlusterletOperatorOptions } from './klusterlet-operator.ts'
export {
  KLUSTERLET_OPERATOR_COMMAND,
  type KlusterletOperatorConfig,
  parseKlusterletOperatorConfig,
} from './options.ts'
