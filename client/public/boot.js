// Before the first paint: the remembered theme and language, so that nothing flashes. Runs blocking, so it is tiny.
(function () {
  try {
    var theme = localStorage.getItem('weft.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    var language = localStorage.getItem('weft.language');
    if (language === 'zh') document.documentElement.lang = 'zh-CN';
  } catch {
    // No storage: the system's choice it is.
  }
})();
