document.documentElement.dataset.theme = 'tide';
