export * from './change';
export * from './date';
export * from './formats';
export * from './kinds';
export * from './list';
export * from './number';
export * from './steps';
