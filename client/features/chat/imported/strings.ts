import { defineStrings } from '../../../i18n/index.ts';

export const t = defineStrings({
  en: {
    imported: 'imported',
    importedBy: 'Imported by {who}, not signed by {name}',
    importedReactions: 'Reactions before the import',
    began: '{who} began to import this conversation from {from}',
    beganByMe: 'You began to import this conversation from {from}',
    done: 'End of the import by {who}. What follows was said here.',
    doneByMe: 'End of your import. What follows was said here.',
    slack: 'Slack',
    weft: 'a Weft export',
  },
  zh: {
    imported: '导入',
    importedBy: '由{who}导入，并非{name}本人发送',
    importedReactions: '导入前的表情回应',
    began: '{who}开始从{from}导入这个会话',
    beganByMe: '你开始从{from}导入这个会话',
    done: '{who}的导入到此结束，以下是在这里说的话。',
    doneByMe: '你的导入到此结束，以下是在这里说的话。',
    slack: ' Slack ',
    weft: ' Weft 导出文件',
  },
});
