export * from './change';
export * from './date';
export * from './number';
export * from './steps';
