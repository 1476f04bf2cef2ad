import { defineStrings } from '../../i18n/index.ts';

export const t = defineStrings({
  en: {
    title: 'Send it like this?',
    warned: 'The company asks you to look again at: {words}. That you go on will be noted.',
    held: 'Not sent: {words} may not be said to customers ({rule}). Change it and send it again.',
    change: 'Change it',
    goOn: 'Go on',
    close: 'Close',
  },
  zh: {
    title: '仍要继续吗？',
    warned: '公司提醒留意以下词语：{words}。继续操作会被记录。',
    held: '未发送：不允许向客户说{words}（{rule}）。请修改后再发送。',
    change: '修改',
    goOn: '继续',
    close: '关闭',
  },
});
